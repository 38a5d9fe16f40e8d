"""Trains every network by every kind of objective as one program of XLA with static shapes.

    python -m benchmarks.matrix [PART ...]

That is what a TPU asks for. A row for each combination says "compiled", with the seconds that the
first step took, or why it cannot be compiled; the status is 1 if there is one of these. PART: only
combinations whose specs hold it.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from zoo.data.base.splits import batches
from zoo.objectives.base.contracts import DistillationObjective
from zoo.runs import building
from zoo.runs.experiment import Experiment

_TEXT, _BITS = "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])", "mnist_5k(binary=True)"
_LIKELIHOOD = (
    "maximum_likelihood",
    "scheduled_sampling(keep_probability=0.5)",
    "distillation(teacher='anywhere', own=0.5, future=True)",
)
_ADVERSARIAL = (
    "generalised_js",
    "generalised_js(generator_loss='forward_kl', r1=0.1)",
    "density_ratio",
)
_MIXTURE = "gaussian_mixture(path='zoo/distributions/two_modes.json')"
_ESTIMATORS = (
    "generalised_js(estimator='reinforce()')",
    "generalised_js(estimator='reinforce(rollouts=1)')",
    "generalised_js(estimator='gumbel_softmax()')",
)
ROWS = [
    *((_TEXT, model, objective) for model in (
        "lstm(units=4, dropout=0.2)", "gru(units=4, dropout=0.2)",
        "transformer(units=8, layers=1, heads=2, dropout=0.2)", "table", "independent",
    ) for objective in _LIKELIHOOD),
    *((_BITS, model, objective) for model in (
        "lstm(units=4, patch=[2, 4])", "pixel_cnn(width=4, layers=3, dropout=0.2)",
        "transformer(units=8, layers=1, heads=2, patch=[2, 4])",
    ) for objective in _LIKELIHOOD),
    *((_TEXT, "text_gan(generator='lstm(units=4)', width=4, dropout=0.2)", objective)
      for objective in _ESTIMATORS),
    *((_TEXT, f"text_gan(generator='{generator}', width=4)", "generalised_js") for generator in (
        "gru(units=4)", "transformer(units=8, layers=1, heads=2)", "table", "independent",
    )),
    (_TEXT, "text_gan(generator='lstm(units=4)', width=4, dropout=0.2)", "density_ratio"),
    *((_TEXT, "likelihood_ratio_gan(generator='lstm(units=4)')", objective)
      for objective in ("generalised_js", "density_ratio")),
    *((_TEXT, f"mediated(generator='{generator}')", "mediated_js(future=True)") for generator in (
        "lstm(units=4)", "gru(units=4)", "transformer(units=8, layers=1, heads=2)", "table",
    )),
    *(("mnist_5k", model, objective) for model in (
        "dcgan(width=4)", "dcgan(width=4, spectral_normalisation=True)", "resnet_gan(width=4)",
        "mlp_gan",
    ) for objective in (*_ADVERSARIAL, "moment_matching")),
    ("mnist_5k(labels=True)", "dcgan(width=4)", "generalised_js(discriminator_steps=2)"),
    *((_MIXTURE, "gaussian", objective) for objective in (*_ADVERSARIAL, "moment_matching")),
]  # fmt: skip


def compile_step(data: str, model: str, objective: str) -> float:
    """Takes one training step that XLA compiles as a whole; returns the seconds it took."""
    # A density ratio asks for the run whose generator it keeps; here that one is new as well.
    experiment = Experiment(
        data, model, objective, batch_size=4, jit_compile=True, init_from="another run"
    )
    parts = building.compose(experiment)
    dataset = parts.specs.data.build(None)
    trainer = building.build_trainer(experiment, parts, dataset.domain)
    if isinstance(parts.objective, DistillationObjective):
        trainer.learn_from(parts.network(dataset.domain))
    batch = next(
        iter(batches(dataset.train, trainer.num_real, 0, 0, 1, dataset.domain.num_classes > 0))
    )
    if not all(part.shape.is_fully_defined() for part in batch):
        raise ValueError("the shape of a batch is not static")
    begin = time.monotonic()
    tf.function(trainer.train_step, jit_compile=True)(batch)
    return time.monotonic() - begin


def main(wanted: list[str]) -> int:
    failed = 0
    for row in ROWS:
        if any(part in " ".join(row) for part in wanted) or not wanted:
            try:
                found = f"compiled, {compile_step(*row):.1f} s"
            except Exception as error:  # of any type: the table goes on
                found, failed = str(error).strip().splitlines()[0], failed + 1
            print(f"| {' | '.join(f'`{part}`' for part in row)} | {found} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
