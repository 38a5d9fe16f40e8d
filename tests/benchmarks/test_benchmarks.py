"""What the benchmarks time of the zoo, and how times become a table. PyTorch is not needed."""

import math
import pathlib
import re

import keras
import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"
BESIDE = "scheduled sampling", "maximum likelihood"


@pytest.fixture(scope="module")
def load(load_program):
    """Loads a program of the folder, in which the programs find each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        yield lambda name: load_program(f"benchmarks/{name}.py")


@pytest.fixture
def works(load):
    """A function from a program's name and a case's sizes to what is timed of the zoo, by name."""
    policy = keras.config.dtype_policy()
    yield lambda program, **sizes: load(f"{program}_zoo").works(load(program).Case(**sizes))
    keras.config.set_dtype_policy(policy)  # works in bfloat16 change it


@pytest.mark.parametrize(("kind", "units"), [("lstm", 4), ("transformer", 8)])
def test_training_steps_train_and_samples_are_of_the_case(works, kind, units):
    """On one batch the nats fall; twenty steps are enough to tell."""
    made = works(
        "autoregressive", kind=kind, units=units, layers=1, vocabulary_size=6, length=5, batch=2
    )
    for work in ("maximum likelihood", "scheduled sampling"):
        nats = [made[f"zoo: {work}"]() for _ in range(20)]
        assert np.shape(nats) == (20,)
        assert np.all(np.isfinite(nats))
        assert 0 < nats[-1] < nats[0]
    samples = made["zoo: sampling"]()
    assert samples.shape == (2, 5)
    assert set(np.unique(samples)) <= {1, 2, 3, 4, 5}  # 0 is the unknown token
    np.testing.assert_array_equal(made["zoo: sampling"](), samples)


def test_an_adversarial_step_begins_where_nothing_is_told_apart(works):
    """The loss -softplus(D)/π at π = 1/2, where D is about 0: -2 log 2, and it moves."""
    made = works("adversarial", width=4, batch=4, r1=0.1)
    for name in ("zoo: step", "zoo in bfloat16: step"):
        losses = [made[name]() for _ in range(3)]
        assert np.shape(losses) == (3,)
        np.testing.assert_allclose(losses[0], -2 * math.log(2), atol=0.1)  # D of ±0.1 at first
        assert len(set(losses)) == 3


@pytest.mark.parametrize(
    ("program", "sizes", "beside"),
    [
        ("autoregressive", {"kind": "gru", "units": 4, "layers": 1, "vocabulary_size": 6}, BESIDE),
        ("adversarial", {"width": 4}, None),
    ],
)
def test_each_work_stands_beside_pytorchs(load, works, program, sizes, beside):
    """By the names of both sides, each row has all its figures."""
    source = (FOLDER / f"{program}_torch.py").read_text(encoding="utf-8")
    names = [*works(program, **sizes), *re.findall(r'"(torch: [^"]+)"', source)]
    assert {name.split(": ")[1] for name in names if not name.startswith("torch")} == {
        name.split(": ")[1] for name in names if name.startswith("torch")
    }
    times = {name: [1.0, 1.0, 1.0] for name in names}
    for name in names:
        work, side, _, speed, *last = load("side_by_side")._cells(name, times, beside)
        assert name == f"{side}: {work}"
        assert bool(speed) == (side != "torch")
        assert len(last) == bool(beside)
        assert any(last) == bool(beside and work == beside[0] and side != "torch")


@pytest.mark.parametrize(
    "sizes",
    [
        {"kind": "lstm", "units": 4, "vocabulary_size": 6, "length": 5},
        {"kind": "dcgan", "units": 2, "latent_size": 3},
    ],
)
def test_every_signature_is_timed_at_each_number_of_rows(works, sizes):
    made = works("serving", **sizes)
    names = {name.removeprefix("zoo: ") for name in made}
    assert {"generate, 1 rows", "generate, 256 rows", "load"} <= names
    source = (FOLDER / "serving_torch.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"torch: ([a-z]+)"', source)) == {"load"} <= names
    for name, work in made.items():
        if name != "zoo: load":
            (count,) = re.findall(r", (\d+) rows", name)
            assert {len(rows) for rows in work().values()} == {int(count)}
    samples = made["zoo: generate, 16 rows"]()
    assert not any(samples.get("error", []))
    if sizes["kind"] == "lstm":
        assert set(samples["num_tokens"]) == {5}


TIMES = {  # seconds of three rounds
    "zoo: a": [0.002, 0.004, 0.010],
    "zoo: b": [0.001, 0.001, 0.001],
    "torch: a": [0.006, 0.008, 0.005],
    "torch: b": [0.003, 0.002, 0.004],
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("zoo: a", ["a", "zoo", "4", "2.00 (0.50-3.00)", "4.00 (2.00-10.00)"]),
        ("zoo: b", ["b", "zoo", "1", "3.00 (2.00-4.00)", ""]),
        ("torch: a", ["a", "torch", "6", "", ""]),
        ("torch: b", ["b", "torch", "3", "", ""]),
    ],
)
def test_cells_are_medians_and_those_of_the_rounds_ratios(load, name, expected):
    """Of torch: a by zoo: a the ratios are 3, 2 and 1/2; that of the medians would be 1.5."""
    cells = load("side_by_side")._cells
    assert cells(name, TIMES, ("a", "b")) == expected
    assert cells(name, TIMES, None) == expected[:4]


def test_quartiles_lie_between_the_rounds(load):
    """Of 1, 2, 3 and 4 at a quarter, two and three quarters of five: 1.25, 2.5 and 3.75."""
    assert load("side_by_side")._ratio([4, 3, 2, 1], [1, 1, 1, 1]) == "2.50 (1.25-3.75)"


def test_a_row_is_a_line_of_a_table(load):
    assert load("side_by_side")._row(["a", "", "1.00"]) == "| a |  | 1.00 |"
