"""How long each measure of samples takes at a given count on real data, with its ceiling.

python benchmarks/evaluation.py --count=10000
python benchmarks/evaluation.py --modality=texts --data_dir=coco_captions --count=10000

Training examples stand in for samples: a comparison takes as long whatever its samples are. What
measures share, such as features, is timed with the first that needs it.
"""

import argparse
import os
import pathlib
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from zoo import spec
from zoo.runs.evaluation import comparisons


def images(data_dir, count):
    """Comparisons of MNIST's training images, and of its validation part, to its test part."""
    return of_training_examples(spec.build("data", "mnist", data_dir), count)


def texts(data_dir, count):
    """Comparisons of captions, the files of the text-GAN benchmarks, to those for testing."""
    train, test = (
        str(pathlib.Path(data_dir, name)) for name in ("image_coco.txt", "test_coco.txt")
    )
    # A validation part of their size is not to be had beside them; for the time this one will do.
    files = f"path={train!r}, validation={train!r}, test={test!r}"
    return of_training_examples(
        spec.build("data", f"text_file({files}, level='word')", None), count
    )


MODALITIES = {"images": images, "texts": texts}


def of_training_examples(dataset, count):
    """Comparisons of training examples, and of validation examples, to test examples."""
    return comparisons(
        dataset, "test", lambda number: dataset.train.batch(1, number, 0).numpy(), count, seed=0
    )


def timed(member, samples, other):
    """Wall and processor seconds of a measure of both comparisons."""
    begin = time.perf_counter(), time.process_time()
    member.compare(samples)
    member.compare(other)
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def main():
    """Prints a line for each measure, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modality", choices=MODALITIES, default="images")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--data_dir", help="of texts: the folder of the two files")
    arguments = parser.parse_args()
    samples, other = MODALITIES[arguments.modality](arguments.data_dir, arguments.count)
    members = {name: spec.module("metrics", name) for name in spec.names("metrics")}
    seconds = {}
    print(f"{samples.count:,} against {samples.count:,}    wall    processor")
    for name, member in members.items():
        if hasattr(member, "compare") and member.applies(samples):
            seconds[name] = timed(member, samples, other)
            print(f"{name:20} {seconds[name][0]:7.1f} s {seconds[name][1]:9.1f} s", flush=True)
    wall, processor = map(sum, zip(*seconds.values(), strict=True))
    print(f"{'all':20} {wall:7.1f} s {processor:9.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
