"""Plots the two optima of scheduled sampling over the probability of keeping the real token.

    python -m experiments.scheduled_sampling --output FOLDER

writes `scheduled_sampling.png`: for every ε the distance of the optima from P, and how much of the
dependence between x1 and x2 they keep; see `zoo.theory.scheduled_sampling`.

Source: F. Huszár (2015), arXiv 1511.05101, equations 2-8.
"""

import argparse
import json
import pathlib

import numpy as np

from experiments import plots
from zoo.errors import DataError, explained
from zoo.theory.scheduled_sampling import (
    EXAMPLE,
    algorithm_optimum,
    idealised_optimum,
    measures,
    mutual_information,
)

CURVE = np.linspace(0, 1, 101)

_POINTS = "keep_probability", "kl", "mutual_information", "first_token_kl"


def main(arguments: list[str] | None = None) -> None:
    """Plots the figure and prints a table; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder of the figure")
    parser.add_argument(
        "--points",
        type=pathlib.Path,
        help=f"JSON object with the lists {', '.join(_POINTS)}: results of training on the "
        "example (see experiments.trained_points), plotted over the curves",
    )
    options = parser.parse_args(arguments)
    points = _load_points(options.points) if options.points else None
    curves = {
        name: [list(measures(optimum(EXAMPLE, keep)).values()) for keep in CURVE]
        for name, optimum in {
            "optimum of D_SS": idealised_optimum,
            "optimum of the algorithm": algorithm_optimum,
        }.items()
    }
    _print_table(curves)
    options.output.mkdir(parents=True, exist_ok=True)
    figure = plots.optima(CURVE, curves, mutual_information(EXAMPLE), points)
    plots.save(figure, options.output / "scheduled_sampling.png")


def _print_table(curves):
    print(f"{'':24}  ε     KL[P‖Q]  mutual information of Q  KL[P1‖Q1]")
    for name, values in curves.items():
        for i in range(0, len(CURVE), 25):
            whole, dependence, first = values[i]
            print(f"{name:24}  {CURVE[i]:.2f}  {whole:.5f}  {dependence:<23.5f}  {first:.2e}")


def _load_points(path):
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return np.array([fields[key] for key in _POINTS], np.float64).reshape(len(_POINTS), -1)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} contains no points ({error!r}): expected a JSON object with the lists "
            f"{', '.join(_POINTS)}, of one length."
        ) from error


if __name__ == "__main__":
    explained(main)()
