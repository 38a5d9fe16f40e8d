"""Evaluates all sample metrics on generators with known defects.

python benchmarks/adversaries.py --data=mnist
python benchmarks/adversaries.py --data=surnames --document=docs/evaluation.md

Prints a table in Markdown, and writes it into a document between two marks that name the data.
A value is bold if the metric exposes the generator: it is worse than the ceiling by more than five
standard errors of the difference (on either side of it if neither direction is better).
"""

import argparse
import math
import os
import pathlib
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from zoo import metrics, spec
from zoo.data.base.splits import Dataset
from zoo.report.rows import number
from zoo.runs.evaluation import of_real_examples

ERRORS = 5


def noise(dataset: Dataset, count: int, seed: int) -> np.ndarray:
    """Uniform pixels, or uniform tokens in texts of uniform length."""
    generator, domain = np.random.default_rng(seed), dataset.domain
    if domain.kind == "image":
        values = generator.random([count, *domain.shape], np.float32)
        return np.round(values) if domain.binary else values
    vocabulary = domain.vocabulary
    special = vocabulary.size - len(vocabulary.ordinary)
    texts = generator.integers(special, vocabulary.size, [count, domain.length], np.int32)
    if not domain.contiguous:
        lengths = generator.integers(1, domain.length, [count, 1])
        texts[np.arange(domain.length) >= lengths] = vocabulary.end
    return texts


def repeated(dataset: Dataset, count: int, seed: int) -> np.ndarray:
    """The first training example, repeated."""
    return np.repeat(dataset.train.batch(0, 1, seed).numpy(), count, axis=0)


def returned(dataset: Dataset, count: int, seed: int) -> np.ndarray:
    """Training examples."""
    return dataset.train.batch(0, count, seed).numpy()


def real(dataset: Dataset, count: int, seed: int) -> np.ndarray:
    """Held-out examples that no other column uses: a perfect generator."""
    return dataset.validation.batch(1, count, seed).numpy()


GENERATORS = {
    "noise": noise,
    "one {} repeated": repeated,
    "training {}s returned": returned,
    "other real {}s": real,
}


def measured(dataset: Dataset, count: int, seed: int) -> dict[str, dict[str, metrics.Measurement]]:
    """Measurements by generator and name, the ceiling last."""
    # The validation split provides both the ceiling and `real`.
    count = min(count, len(dataset.validation) // 2)
    ceiling = of_real_examples(dataset, "test", count, seed)
    members = [metrics.find(name) for name in spec.names("metrics")]
    members = [
        m for m in members if isinstance(m, metrics.SampleMetric) and m.accepts(ceiling.domain)
    ]
    found = {}
    for name, generate in GENERATORS.items():
        samples = ceiling.of(generate(dataset, ceiling.count, seed))
        found[name.format(dataset.domain.kind)] = compared(samples, members)
    return found | {"ceiling": compared(ceiling, members)}


def compared(
    comparison: metrics.Comparison, members: list[metrics.SampleMetric]
) -> dict[str, metrics.Measurement]:
    """Computes all metrics of a comparison."""
    found = {}
    for member in members:
        found |= member.compare(comparison)
    return found


def exposes(measurement: metrics.Measurement, ceiling: metrics.Measurement) -> bool:
    """True if a measurement is significantly worse than its ceiling."""
    error = math.hypot(measurement.standard_error or 0, ceiling.standard_error or 0)
    distance = measurement.value - ceiling.value
    if measurement.better:
        distance *= -1 if measurement.better == "higher" else 1
    else:
        distance = abs(distance)
    return distance > ERRORS * error


def table(found: dict[str, dict[str, metrics.Measurement]]) -> str:
    """Formats the measurements in Markdown, a row per metric."""
    ceilings = found["ceiling"]
    lines = ["| metric | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for name, ceiling in ceilings.items():
        arrow = {"higher": " ↑", "lower": " ↓", None: ""}[ceiling.better]
        cells = [
            f"**{number(each[name].value)}**"
            if exposes(each[name], ceiling)
            else number(each[name].value)
            for each in found.values()
        ]
        lines.append(f"| `{name}`{arrow} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def with_table(document: str, data: str, text: str) -> str:
    """Inserts the table between the two marks of its data.

    Raises:
        ValueError: the document has no such marks.
    """
    begin, end = f"<!-- adversaries: {data} -->", f"<!-- end of adversaries: {data} -->"
    pattern = re.escape(begin) + r".*?" + re.escape(end)
    document, number_of_places = re.subn(
        pattern, lambda _: f"{begin}\n\n{text}\n\n{end}", document, flags=re.DOTALL
    )
    if number_of_places != 1:
        raise ValueError(f"The document should have {begin} and {end} once.")
    return document


def main() -> None:
    """Evaluates, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the spec of a data set")
    parser.add_argument("--data_dir", help="where tensorflow-datasets keeps its data")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--document", type=pathlib.Path)
    parser.add_argument("--name", help="name in the document's marks; by default the spec")
    arguments = parser.parse_args()
    dataset = spec.build("data", arguments.data, arguments.data_dir)
    text = table(measured(dataset, arguments.count, arguments.seed))
    print(text)
    if arguments.document:
        document = arguments.document.read_text(encoding="utf-8")
        document = with_table(document, arguments.name or arguments.data, text)
        arguments.document.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
