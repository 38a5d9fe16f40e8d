"""Times each sample metric with its ceiling at a given count on real data.

python benchmarks/evaluation.py --count=10000
python benchmarks/evaluation.py --modality=texts --data_dir=coco_captions --count=10000

Training examples stand in for samples: the time of a comparison does not depend on its samples.
Shared computations, such as features, are timed with the first metric that needs them.
"""

import argparse
import os
import pathlib
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from zoo import metrics, spec
from zoo.data.base.splits import Dataset
from zoo.runs.evaluation import comparisons


def images(data_dir: str | None, count: int) -> tuple[metrics.Comparison, metrics.Comparison]:
    """Comparisons of MNIST's training and validation images with its test images."""
    return of_training_examples(spec.build("data", "mnist", data_dir), count)


def texts(data_dir: str | None, count: int) -> tuple[metrics.Comparison, metrics.Comparison]:
    """Comparisons of captions, the files of text-GAN benchmarks, with those for testing."""
    train, test = (
        str(pathlib.Path(data_dir, name)) for name in ("image_coco.txt", "test_coco.txt")
    )
    # There is no validation file of their size; for timing, the training file will do.
    files = f"path={train!r}, validation={train!r}, test={test!r}"
    return of_training_examples(
        spec.build("data", f"text_file({files}, level='word')", None), count
    )


MODALITIES = {"images": images, "texts": texts}


def of_training_examples(
    dataset: Dataset, count: int
) -> tuple[metrics.Comparison, metrics.Comparison]:
    """Comparisons of training examples, and of validation examples, with test examples."""
    return comparisons(
        dataset, "test", lambda number: dataset.train.batch(1, number, 0).numpy(), count, seed=0
    )


def timed(
    member: metrics.SampleMetric, samples: metrics.Comparison, other: metrics.Comparison
) -> tuple[float, float]:
    """Wall and processor seconds of a metric for both comparisons."""
    begin = time.perf_counter(), time.process_time()
    member.compare(samples)
    member.compare(other)
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def main() -> None:
    """Prints a line per metric, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modality", choices=MODALITIES, default="images")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--data_dir", help="of texts: the folder of the two files")
    arguments = parser.parse_args()
    samples, other = MODALITIES[arguments.modality](arguments.data_dir, arguments.count)
    members = {name: metrics.find(name) for name in spec.names("metrics")}
    seconds = {}
    print(f"{samples.count:,} against {samples.count:,}    wall    processor")
    for name, member in members.items():
        if isinstance(member, metrics.SampleMetric) and member.accepts(samples.domain):
            seconds[name] = timed(member, samples, other)
            print(f"{name:20} {seconds[name][0]:7.1f} s {seconds[name][1]:9.1f} s", flush=True)
    wall, processor = map(sum, zip(*seconds.values(), strict=True))
    print(f"{'all':20} {wall:7.1f} s {processor:9.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
