"""Plots Figure 1: one isotropic Gaussian fitted to a mixture under JS_π, for several π.

    python -m experiments.figure1 --output FOLDER

writes `figure1.png`, data and fits, and `figure1_curve.png`, the fits over the whole range of π,
and prints the table of the fits.

Source: F. Huszár (2015), arXiv 1511.05101, figure 1 and equation 12.
"""

import argparse
import pathlib

import numpy as np
import scipy.special

from experiments import plots
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import explained
from zoo.theory.figure1 import fit_kl, local_minima, reverse_kl_minima

PANELS = (0.1, 0.5, 0.99)
CURVE = scipy.special.expit(np.linspace(-7, 7, 43))


def main(arguments: list[str] | None = None) -> None:
    """Plots the figures and prints the table; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder of the figures")
    parser.add_argument(
        "--mixture",
        type=pathlib.Path,
        default=mixtures.DEFAULT_FILE,
        help="JSON object with weights [k], means [k, 2] and variances [k]",
    )
    options = parser.parse_args(arguments)
    p = mixtures.load(options.mixture)
    forward, reverse = [fit_kl(*p)], reverse_kl_minima(*p)
    panels = {"KL[P‖Q]": forward, **{f"JS, π = {pi:g}": local_minima(*p, pi) for pi in PANELS}}
    panels["KL[Q‖P]"] = reverse
    _print_table(panels)
    options.output.mkdir(parents=True, exist_ok=True)
    titled = [(f"{name}:  std {minima[0].std:.2f}", minima) for name, minima in panels.items()]
    figure = plots.fits(mixtures.sample(p, 50_000, seed=0), titled)
    plots.save(figure, options.output / "figure1.png")
    minima = [local_minima(*p, pi) for pi in CURVE]
    figure = plots.curve(CURVE, minima, forward, reverse)
    plots.save(figure, options.output / "figure1_curve.png")


def _print_table(panels):
    print(f"{'':12}  {'mean':^16}  {'std':^6}  value")
    for name, minima in panels.items():
        for one in minima:
            x, y = one.mean
            print(f"{name:12}  {x:z7.3f}, {y:z7.3f}  {one.std:.4f}  {one.value:.5f}")
            name = "  local"


if __name__ == "__main__":
    explained(main)()
