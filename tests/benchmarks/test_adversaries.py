"""The table of known bad generators in docs/evaluation.md, and the program that writes it."""

import math
import pathlib
import re

import numpy as np
import pytest

from zoo import spec
from zoo.metrics import Measurement

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
BAD = {"noise", "repeated", "returned"}


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("benchmarks/adversaries.py")


def measurement(value, error, better):
    return Measurement(value, "", error, 10, "test", better)


@pytest.mark.parametrize(
    ("value", "better", "exposed"),
    [
        *((2.1, "lower", True), (1.9, "lower", False), (-5.0, "lower", False)),
        *((-0.1, "higher", True), (0.1, "higher", False), (5.0, "higher", False)),
        *((2.1, None, True), (-0.1, None, True), (1.9, None, False)),
    ],
)
def test_exposed_is_what_is_worse_by_more_than_five_errors(program, value, better, exposed):
    ceiling = measurement(1.0, 0.16, better)  # with 0.12 an error of 0.2
    assert program.exposes(measurement(value, 0.12, better), ceiling) == exposed


def test_what_has_no_error_is_taken_as_exact(program):
    ceiling = measurement(10.0, None, "higher")
    assert program.exposes(measurement(9.0, None, "higher"), ceiling)
    assert not program.exposes(ceiling, ceiling)


@pytest.mark.parametrize("data", ["mnist_5k", "surnames"])
def test_generators_make_what_they_are_called(program, data):
    dataset = spec.build("data", data, None)
    made = {g.__name__: g(dataset, 20, 3) for g in program.GENERATORS.values()}
    known = {row.tobytes() for row in dataset.train.batch(0, len(dataset.train), 0).numpy()}
    for examples in made.values():
        real = dataset.test.batch(0, 20, 0).numpy()
        assert (examples.shape, examples.dtype) == (real.shape, real.dtype)
    assert len(np.unique(made["repeated"], axis=0)) == 1
    assert {row.tobytes() for row in made["returned"]} <= known
    # Two or three letters drawn at random can be a name.
    assert len({row.tobytes() for row in made["noise"]} & known) <= 2
    if dataset.domain.kind == "text":
        ended = made["noise"] == dataset.domain.vocabulary.end
        assert ended[:, -1].all()
        assert (np.diff(ended.astype(int), axis=1) >= 0).all()
        assert made["noise"].min() > dataset.domain.vocabulary.unknown


def test_noise_of_binary_images_is_binary(program):
    dataset = spec.build("data", "mnist_5k(binary=True)", None)
    assert set(np.unique(program.noise(dataset, 5, 0))) == {0, 1}


def test_the_real_column_is_not_the_ceiling(program):
    dataset = spec.build("data", "surnames", None)
    ceiling = program.of_real_examples(dataset, "test", 300, 0).generated
    real = program.real(dataset, 300, 0)
    assert not {row.tobytes() for row in real} & {row.tobytes() for row in ceiling}


def test_a_table_is_written_between_its_marks(program):
    text = "a\n<!-- adversaries: x -->\nold\n<!-- end of adversaries: x -->\nb\n"
    written = program.with_table(text, "x", r"| \1 |")
    assert "\n\n| \\1 |\n\n" in written
    assert "old" not in written
    assert program.with_table(written, "x", r"| \1 |") == written
    with pytest.raises(ValueError, match="adversaries: y"):
        program.with_table(text, "y", "")


def tables():
    """The tables of the document, by their data: by column the names of what is bold in it."""
    found = {}
    for data, text in re.findall(
        r"<!-- adversaries: (.+?) -->\n(.*?)<!-- end", DOCUMENT, re.DOTALL
    ):
        head, _, *rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.strip().split("\n")
        ]
        found[data] = {
            column: [row[0] for row in rows if row[number].startswith("**")]
            for number, column in enumerate(head)
            if number
        }
    return found


def test_the_document_s_tables_expose_every_adversary_and_no_real_examples():
    assert len(tables()) >= 2
    for bold in tables().values():
        for column, exposing in bold.items():
            of_bad_ones = any(word in column for word in BAD)
            assert bool(exposing) == of_bad_ones, column


def test_the_document_s_tables_have_every_measure_of_samples():
    for name in spec.names("metrics"):
        assert re.search(rf"`{name}`", DOCUMENT), f"{name} is not in docs/evaluation.md"


def test_infinite_values_do_not_stop_the_table(program):
    found = {"noise": {"x": measurement(math.inf, None, "lower")}}
    found["ceiling"] = {"x": measurement(1.0, None, "lower")}
    assert "| `x` ↓ | **inf** | 1 |" in program.table(found)
