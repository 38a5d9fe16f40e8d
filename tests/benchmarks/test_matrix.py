"""One network of each trainer trains as one program of XLA; `make matrix` takes them all."""

import pathlib

import pytest

from zoo import spec
from zoo.runs import matching

PAGE = pathlib.Path(__file__).parents[2] / "docs/scaling.md"

MODELS = {
    "autoregressive": "lstm(units=4, dropout=0.2)",
    "adversarial": "gaussian",
    "cooperative": "mediated(generator='lstm(units=4)')",
    "discriminative": "gaussian",
    "distillation": "lstm(units=4, dropout=0.2)",
    "implicit": "mlp_gan",
}
OBJECTIVES = {
    "autoregressive": "scheduled_sampling",
    "adversarial": "r1=0.1",
    "cooperative": "mediated_js",
    "discriminative": "density_ratio",
    "distillation": "distillation",
    "implicit": "moment_matching",
}


def test_there_is_one_of_each_trainer():
    assert sorted(MODELS) == sorted(OBJECTIVES) == spec.names("trainers")


@pytest.mark.parametrize("trainer", MODELS)
def test_the_step_compiles_as_a_whole(trainer, load_program):
    matrix = load_program("benchmarks/matrix.py")
    (row,) = [
        row for row in matrix.ROWS if row[1] == MODELS[trainer] and OBJECTIVES[trainer] in row[2]
    ]
    assert matrix.compile_step(*row) > 0


def test_every_network_by_every_objective_is_a_row_of_the_matrix(load_program):
    rows = load_program("benchmarks/matrix.py").ROWS
    found = {(spec.parse(model)[0], spec.parse(objective)[0]) for _, model, objective in rows}
    for objective in spec.names("objectives"):
        trainer = matching.trainer_of(spec.module("objectives", objective))
        for model in spec.names("models"):
            fits = matching.trains(trainer, spec.module("models", model))
            assert ((model, objective) in found) == fits, (model, objective)
    assert f"all {len(rows)} combinations compiled" in PAGE.read_text(encoding="utf-8")
