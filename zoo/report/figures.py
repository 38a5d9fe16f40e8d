"""Figures as SVG elements that are embedded in the HTML page and use its colours."""

import functools
import io
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
from markupsafe import Markup, escape
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from zoo.report import logs

if TYPE_CHECKING:
    from zoo.metrics.calibration import Reliability
    from zoo.report.samples import Points

# Matplotlib has no style sheets: these unique colours are replaced by those of the page.
_INK = "#010203"
_SERIES = tuple(f"#01020{number}" for number in range(4, 10))
_MARKERS = "osD^vP"
_STYLE = {
    "text.parse_math": False,  # a run's name may hold a dollar sign
    "svg.fonttype": "none",
    "svg.hashsalt": "zoo",  # the same identifiers each time
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK
    ),
}
_numbers = itertools.count()


def _styled(draw):
    """Decorates a function to draw in the style of the page."""

    @functools.wraps(draw)
    def drawing(*arguments):
        with matplotlib.rc_context(_STYLE):
            return draw(*arguments)

    return drawing


@_styled
def training(curves: dict[str, dict]) -> list[Markup]:
    """Plots training curves, a figure per logged quantity and a colour per run.

    Args:
        curves: by run, the result of `zoo.report.logs.curves`.
    """
    names = dict.fromkeys(name for each in curves.values() for name in each)
    return [_training(curves, name) for name in names]


def _training(curves, name):
    figure = Figure(figsize=(4.6, 3), layout="constrained")
    ax, title = figure.subplots(), name.replace("_", " ")
    for number, (run, logged) in enumerate(curves.items()):
        prefix = f"{run}: " if len(curves) > 1 else ""
        _draw_training(ax, logged.get(name, {}), prefix, number)
    ax.set(title=title, xlabel="step")
    ax.legend(fontsize=8)
    return svg(figure, f"Training curves of {title}")


def _draw_training(ax, logged, prefix, number):
    color = _SERIES[number % len(_SERIES)]
    if "train" in logged:
        curve = logs.smoothed(logged["train"])
        ax.plot(curve.steps, curve.values, color=color, linewidth=1.2, label=f"{prefix}training")
    if "validation" in logged:
        curve, marker = logged["validation"], _MARKERS[number % len(_MARKERS)]
        style = {"color": color, "linestyle": "--", "marker": marker, "markersize": 4}
        ax.plot(curve.steps, curve.values, label=f"{prefix}validation", **style)


@_styled
def reliability(found: dict[str, "Reliability"]) -> Markup:
    """Plots reliability curves with the diagonal, and the weights of their bins.

    Args:
        found: by label, a `zoo.metrics.calibration.Reliability`.
    """
    figure = Figure(figsize=(4.2, 3.6), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=_INK, linestyle=":", label="calibrated")
    for number, (name, curve) in enumerate(found.items()):
        color, marker = _SERIES[number], _MARKERS[number]
        ax.bar(curve.predicted, curve.weight, 0.02, color=color, alpha=0.4)
        ax.plot(curve.predicted, curve.observed, marker=marker, color=color, label=name)
    ax.set(
        xlabel="predicted probability of being real",
        ylabel="observed frequency",
        ylim=(-0.02, 1.02),
    )
    ax.legend(fontsize=8)
    return svg(
        figure, "Reliability curves of the discriminator; the numbers are in the adjacent table"
    )


@_styled
def bars(shares: dict[str, list[float]], names: Sequence[str], label: str) -> Markup:
    """Plots grouped bars.

    Args:
        shares: by label, the height of each bar.
        names: the label of each group of bars.
        label: the figure's accessible description.
    """
    figure = Figure(figsize=(5.2, 2.8), layout="constrained")
    ax, width = figure.subplots(), 0.8 / len(shares)
    for number, (what, heights) in enumerate(shares.items()):
        places = [place + (number - (len(shares) - 1) / 2) * width for place in range(len(names))]
        ax.bar(places, heights, width, color=_SERIES[number], label=what)
    ax.set_xticks(range(len(names)), names)
    ax.legend(fontsize=8)
    return svg(figure, f"{label}; the numbers are in the adjacent table")


@_styled
def trade_off(curves: dict[str, list[tuple]], quality: str, diversity: str) -> Markup:
    """Plots diversity against quality, a curve over temperatures per run.

    Args:
        curves: by run, triples of temperature, quality and diversity; the temperature of real data
            is None.
        quality: the name of the horizontal metric.
        diversity: the name of the vertical one.
    """
    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    ax = figure.subplots()
    for number, (run, points) in enumerate(curves.items()):
        color, marker = (each[number % 6] for each in (_SERIES, _MARKERS))
        drawn = [point for point in points if point[0] is not None]
        _, x, y = zip(*drawn, strict=True)
        ax.plot(x, y, marker=marker, color=color, label=run)
        for temperature, *place in drawn:
            ax.annotate(f"{temperature:g}", place, (4, 4), textcoords="offset points")
        for _, x, y in (point for point in points if point[0] is None):
            ax.plot(x, y, "*", color=color, markersize=11, label=f"{run}: real texts")
    ax.set(xlabel=quality, ylabel=diversity)
    ax.legend(fontsize=8)
    return svg(
        figure,
        f"{diversity} against {quality} over temperatures; the numbers are in the adjacent table",
    )


@_styled
def scatter(found: "Points") -> Markup:
    """Plots samples over real points in their first two coordinates; in one dimension, histograms.

    Args:
        found: a `zoo.report.samples.Points`.
    """
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    ax = figure.subplots()
    parts = (("data", found.real, _INK), ("samples", found.generated, _SERIES[1]))
    if found.real.shape[1] == 1:
        for name, points, color in parts:
            ax.hist(points[:, 0], bins=30, histtype="step", color=color, label=name)
    else:
        for name, points, color in parts:
            ax.plot(*points[:, :2].T, ".", color=color, markersize=3, alpha=0.6, label=name)
        ax.set_aspect("equal", adjustable="datalim")
    ax.legend(fontsize=8)
    return svg(figure, f"{len(found.generated)} samples over as many real points")


def svg(figure: Figure, label: str) -> Markup:
    """Renders a figure as a responsive SVG element with an accessible name."""
    figure.patch.set_alpha(0)
    for ax in figure.axes:
        ax.patch.set_alpha(0)
    file = io.StringIO()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    text = file.getvalue()
    text = re.sub(r"(?s)<metadata>.*?</metadata>|<!--.*?-->", "", text[text.index("<svg") :])
    for color, name in [(_INK, "ink"), *((c, f"series-{n}") for n, c in enumerate(_SERIES))]:
        text = text.replace(color, f"var(--{name})")
    # Identifiers must be unique in a document; matplotlib repeats them in every figure.
    own = f"f{next(_numbers)}-"
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{own}", text)
    width = figure.get_figwidth()
    text = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" style="max-width: {width * 96:.0f}px" role="img" '
        rf'aria-label="{escape(label)}">',
        text,
        count=1,
    )
    return Markup(text)
