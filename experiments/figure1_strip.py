"""Plots the fits of Figure 1 in one row, for README.md.

    python -m experiments.figure1_strip --output FILE

The panels are the data, and the isotropic Gaussians that minimise KL[P‖Q], JS_π and KL[Q‖P], as
circles of one, two and three standard deviations.
"""

import argparse
import pathlib

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from experiments import plots
from experiments.figure1 import PANELS
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import explained
from zoo.theory import figure1

_COUNT = 50_000  # of points in a histogram
_COLOR = "#b2182b"


def strip(points: np.ndarray, fits: dict[str, figure1.Fit]) -> Figure:
    """Plots the data, and one panel per fit over the data.

    Args:
        points: samples of P, [n, 2].
        fits: title -> fit; the first one sets the axis limits.
    """
    widest = next(iter(fits.values()))
    edges = [np.linspace(x - 3.15 * widest.std, x + 3.15 * widest.std, 80) for x in widest.mean]
    figure = Figure(figsize=(1.6 * (len(fits) + 1), 1.85), layout="constrained")
    axes = figure.subplots(1, len(fits) + 1)
    for ax, (title, fit) in zip(axes, {"data": None, **fits}.items(), strict=True):
        ax.hist2d(*points.T, bins=edges, cmap="Blues")
        ax.set_title(title, fontsize=9)
        ax.set(aspect="equal", xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
        ax.axis("off")
        if fit is not None:
            ax.plot(*fit.mean, marker="+", markersize=5, color=_COLOR)
            for radius in (fit.std, 2 * fit.std, 3 * fit.std):
                ax.add_patch(Circle(fit.mean, radius, fill=False, linewidth=1.1, color=_COLOR))
    return figure


def main(arguments: list[str] | None = None) -> None:
    """Fits and plots; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="file of the picture")
    options = parser.parse_args(arguments)
    p = mixtures.load()
    fits = {
        "KL[P‖Q]": figure1.fit_kl(*p),
        **{f"JS, π = {pi:g}": figure1.fit(*p, pi) for pi in PANELS},
        "KL[Q‖P]": figure1.fit_reverse_kl(*p),
    }
    plots.save(strip(mixtures.sample(p, _COUNT, seed=0), fits), options.output)


if __name__ == "__main__":
    explained(main)()
