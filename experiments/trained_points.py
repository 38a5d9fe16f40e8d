"""Trains scheduled sampling to convergence on the example of `zoo.theory.scheduled_sampling`.

    python -m experiments.trained_points --output FILE.json

trains a table of all probabilities for several ε, as `train.py` would, and writes the `--points`
that `experiments.scheduled_sampling` plots over its curves.
"""

import argparse
import pathlib
import tempfile

import numpy as np

import zoo
from zoo.errors import explained
from zoo.runs.run_folder import write_json
from zoo.theory.scheduled_sampling import EXAMPLE, measures

KEPT = (1.0, 0.75, 0.5, 0.25, 0.0)
STEPS = 500


def trained(keep_probability: float, steps: int = STEPS) -> np.ndarray:
    """Trains a table on draws from `EXAMPLE`.

    Args:
        keep_probability: ε, the probability of keeping the real token.
        steps: training steps of 16,384 pairs.

    Returns:
        Q, [x1, x2].
    """
    settings = zoo.Experiment(
        data=f"pairs(joint={EXAMPLE.tolist()})",
        model="table",
        objective=f"scheduled_sampling(keep_probability={keep_probability})",
        steps=steps,
        batch_size=16_384,
        learning_rate=0.1,
        decay="cosine",
        strategy="cpu",
        sample_every=0,
        checkpoint_every=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        model = zoo.train(settings, folder).model
    cells = np.argwhere(np.ones_like(EXAMPLE)).astype(np.int32)
    return np.exp(model.log_prob(cells).numpy().astype(np.float64)).reshape(EXAMPLE.shape)


def main(arguments: list[str] | None = None) -> None:
    """Trains, prints a table and writes the points; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the JSON file")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps for each ε")
    options = parser.parse_args(arguments)
    tables = [trained(keep, options.steps) for keep in KEPT]
    rows = [{"keep_probability": k} | measures(q) for k, q in zip(KEPT, tables, strict=True)]
    print("ε     KL[P‖Q]  mutual information of Q  KL[P1‖Q1]")
    for keep, whole, dependence, first in (row.values() for row in rows):
        print(f"{keep:.2f}  {whole:.5f}  {dependence:<23.5f}  {first:.2e}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_json(options.output, {name: [row[name] for row in rows] for name in rows[0]})


if __name__ == "__main__":
    explained(main)()
