"""One network of each trainer trains as one program of XLA; `make matrix` takes them all."""

import pytest

from zoo import spec

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
