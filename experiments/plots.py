"""Figures of the experiments: functions from numbers to a `matplotlib.figure.Figure`."""

import pathlib
from collections.abc import Sequence

import matplotlib
import numpy as np
import scipy.special
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

_BEST, _SECOND, _OTHER = "#b2182b", "#2166ac", "#7f7f7f"
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8,
}
_PI_TICKS = (0.01, 0.1, 0.5, 0.9, 0.99)
_NATS_TICKS = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)
_LEAST_HEIGHT = 0.1  # of a vertical axis: less would show rounding errors
_LEAST_CHANGE = 1e-6  # of a mean: smaller changes are not plotted


def save(figure: Figure, path: pathlib.Path) -> None:
    """Writes a figure as PNG, at print resolution."""
    figure.savefig(path, dpi=200)


def fits(points: np.ndarray, panels: list[tuple]) -> Figure:
    """Plots the data, and one panel per divergence with Q's level sets over the data.

    Args:
        points: draws from P, [n, 2].
        panels: pairs of a title and minima: the first is drawn as circles of one, two and three
            standard deviations, the others as one dashed circle each. The first panel sets the
            axis limits.
    """
    (_, (widest, *_)), *_ = panels
    edges = [np.linspace(x - 3.15 * widest.std, x + 3.15 * widest.std, 80) for x in widest.mean]
    columns = (len(panels) + 2) // 2
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(2.4 * columns, 5.2), layout="constrained")
        axes = figure.subplots(2, columns, sharex=True, sharey=True).flat
        for ax, (title, minima) in zip(axes, [("data", []), *panels], strict=False):
            ax.hist2d(*points.T, bins=edges, cmap="Blues")
            ax.set(title=title, aspect="equal", xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
            _draw_minima(ax, minima)
        return figure


def _draw_minima(ax, minima):
    for rank, fit in enumerate(minima):
        style = {"color": _OTHER, "linestyle": "--"} if rank else {"color": _BEST}
        ax.plot(*fit.mean, marker="+", markersize=5, color=style["color"])
        for radius in (1,) if rank else (1, 2, 3):
            ax.add_patch(Circle(fit.mean, radius * fit.std, fill=False, linewidth=1.1, **style))


def curve(pis: np.ndarray, minima: list[list], forward: list, reverse: list) -> Figure:
    """Plots standard deviation, mean and value of the fits against π.

    Coordinates of the mean on which all fits agree are left out.

    Args:
        pis: [n].
        minima: for each π its minima, best first.
        forward: the minima of KL[P‖Q].
        reverse: the minima of KL[Q‖P].
    """
    x = scipy.special.logit(pis)
    x, minima = [1.15 * x[0], *x, 1.15 * x[-1]], [forward, *minima, reverse]
    quantities = _quantities([fit for found in minima for fit in found])
    rows = 2 if len(quantities) == 4 else 1
    columns = len(quantities) // rows
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(3.6 * columns, 2.5 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
        for ax, (title, quantity) in zip(axes.flat, quantities.items(), strict=True):
            _draw_curve(ax, x, minima, quantity)
            ax.set_title(title)
        for ax in axes[-1]:
            ax.set_xlabel("π, the weight of the data")
        axes[0, 0].legend()
        return figure


def _quantities(fits):
    low, high = (extreme([fit.mean for fit in fits], axis=0) for extreme in (np.min, np.max))
    coordinates = {
        f"mean of Q, {name} coordinate": lambda fit, axis=axis: fit.mean[axis]
        for axis, name in enumerate(("first", "second"))
        if high[axis] - low[axis] > _LEAST_CHANGE
    }
    return {
        "standard deviation of Q": lambda fit: fit.std,
        **coordinates,
        r"$\mathrm{JS}_\pi\,/\,\pi(1-\pi)$ in nats": lambda fit: fit.value,
    }


def _draw_curve(ax, x, minima, quantity):
    """Plots one quantity; the first and last of `x` and `minima` are those of the KLs."""
    others = [(at, quantity(fit)) for at, found in zip(x, minima, strict=True) for fit in found[1:]]
    if others:
        style = {"color": _OTHER, "markerfacecolor": "white", "markersize": 3.5}
        ax.plot(*zip(*others, strict=True), "o", label="other local minima", **style)
    best = [quantity(found[0]) for found in minima]
    ax.plot(x[1:-1], best[1:-1], "o", color=_BEST, markersize=3.5, label="global minimum")
    ends = [x[0], x[-1]]
    ax.plot(ends, [best[0], best[-1]], "kD", markersize=4.5, label="KL")
    ticks = [ends[0], *scipy.special.logit(_PI_TICKS), ends[1]]
    ax.set_xticks(ticks, ["KL\n[P‖Q]", *(f"{pi:g}" for pi in _PI_TICKS), "KL\n[Q‖P]"], fontsize=8)
    low, high = ax.get_ylim()
    middle, height = (low + high) / 2, max(1.1 * (high - low), _LEAST_HEIGHT)
    ax.set_ylim(middle - height / 2, middle + height / 2)


def optima(
    keep_probabilities: np.ndarray,
    curves: dict[str, list],
    whole: float,
    points: np.ndarray | None = None,
) -> Figure:
    """Plots distance from P, dependence and error of the first token for the two optima.

    Args:
        keep_probabilities: ε, [n].
        curves: by name, KL[P‖Q], mutual information of Q and KL[P1‖Q1], [n, 3].
        whole: the mutual information of P.
        points: ε and the same three quantities of trained models, [4, m], or None.
    """
    styles = {"color": _BEST}, {"color": "#2166ac", "linestyle": "--"}
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7.8, 2.9), layout="constrained")
        axes = figure.subplots(1, 3, sharex=True)
        for (name, values), style in zip(curves.items(), styles, strict=True):
            for ax, column in zip(axes, np.transpose(values), strict=True):
                ax.plot(keep_probabilities, column, label=name, **style)
        for ax, row in zip(axes, points[1:] if points is not None else (), strict=False):
            ax.plot(points[0], row, "kx", markersize=5, label="reached by training")
        for ax in axes[:2]:
            ax.axhline(whole, color=_OTHER, linestyle=":", label="mutual information of P")
            ax.set_ylim(-0.05 * whole, 1.1 * whole)
        for ax, title in zip(
            axes, ("KL[P‖Q]", "mutual information of Q", "KL[P₁‖Q₁]"), strict=True
        ):
            ax.set(title=f"{title} in nats", xlabel="ε, share of real tokens kept")
        axes[2].ticklabel_format(axis="y", scilimits=(-2, 2))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
        return figure


def neural(
    kept: Sequence[float], stops: Sequence[int], found: dict[str, dict], disturbed: int
) -> Figure:
    """Plots the effect of scheduled sampling on a network with a known data distribution.

    Args:
        kept: the constant ε, [n], 1 and 0 among them.
        stops: the numbers of steps after which annealed runs were stopped.
        found: results of `experiments.neural`, by name.
        disturbed: the position of the disturbance.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.6, 5.8), layout="constrained")
        (divergence, context, stopping), (samples, recovery, legend) = figure.subplots(2, 3)
        _over_keep_probability(divergence, context, kept, found)
        _over_stops(stopping, stops, found)
        shown = {
            "data": "black",
            "ε = 1": "C0",
            f"annealed, {stops[1]} steps": "C1",
            "ε = 0": "C3",
            "product of marginals": _OTHER,
        }
        _over_positions(samples, recovery, found, shown, disturbed)
        legend.axis("off")
        legend.legend(*samples.get_legend_handles_labels(), loc="center")
        return figure


def _over_keep_probability(divergence, context, kept, found):
    """Plots both KLs, and the use of context."""
    product = found["product of marginals"]
    for key, label, color in (("kl_p_q", "KL[P‖Q]", "C0"), ("kl_q_p", "KL[Q‖P]", "C3")):
        values, errors = np.array([found[f"ε = {each:g}"][key] for each in kept]).T
        divergence.errorbar(kept, values, 3 * errors, marker="o", color=color, label=label)
        divergence.axhline(product[key][0], color=color, linestyle=":", linewidth=1)
    divergence.set(title="divergence, ± 3 s.e.; dotted: product of marginals")
    divergence.legend()
    context.plot(kept, [found[f"ε = {each:g}"]["context_use"] for each in kept], marker="o")
    context.set(title="use of the context", ylim=(0, None))
    for ax in (divergence, context):
        ax.set(xlabel="ε, share of real tokens", ylabel="nats")


def _over_stops(ax, stops, found):
    """Plots both KLs of stopped runs, annealed and by likelihood."""
    of_likelihood = [*(f"likelihood, {stop} steps" for stop in stops[:-1]), "ε = 1"]
    annealed = [f"annealed, {stop} steps" for stop in stops]
    for kind, names, color in (("likelihood", of_likelihood, "C0"), ("annealed", annealed, "C1")):
        for key, line in (("kl_p_q", "-"), ("kl_q_p", "--")):
            values = [found[name][key][0] for name in names]
            label = f"{kind}, {'KL[P‖Q]' if key == 'kl_p_q' else 'KL[Q‖P]'}"
            ax.plot(stops, values, line, marker="o", markersize=4, color=color, label=label)
    ax.set(title="ε annealed to 0 over half of the steps", xlabel="stopped at step", ylabel="nats")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.12))  # where no line is


def _over_positions(samples, recovery, found, shown, disturbed):
    """Plots nats per token, undisturbed and after the disturbance, by name and colour."""
    for name, color in shown.items():
        nats, after = found[name]["nats"], found[name]["nats_after"]
        positions = np.arange(1, len(nats) + 1)
        samples.plot(positions, nats, color=color, label=name)
        recovery.plot(positions[disturbed + 1 :], after, color=color)
    samples.set(title="-log P of the model's tokens", xlabel="position", ylabel="nats")
    recovery.set(title=f"after an unlikely token at {disturbed + 1}", xlabel="position")
    for ax in (samples, recovery):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def trained_curves(pis: np.ndarray, mixtures: dict[str, tuple]) -> Figure:
    """Plots means and standard deviations of trained Gaussians over the exact curves.

    Args:
        pis: of the exact fits, [n].
        mixtures: by name a pair: the exact fits, [n], and runs, dicts with `pi`, `mean` and `std`.
    """
    quantities = {
        "standard deviation of Q": lambda mean, std: std,
        "mean of Q, first coordinate": lambda mean, std: mean[0],
        "mean of Q, second coordinate": lambda mean, std: mean[1],
    }
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.6, 2.4 * len(mixtures)), layout="constrained")
        rows = figure.subplots(len(mixtures), 3, sharex=True, squeeze=False)
        for axes, (name, (fits, runs)) in zip(rows, mixtures.items(), strict=True):
            for ax, (title, quantity) in zip(axes, quantities.items(), strict=True):
                exact = [quantity(fit.mean, fit.std) for fit in fits]
                ax.plot(scipy.special.logit(pis), exact, ".-", color=_OTHER, label="exact")
                found = [(scipy.special.logit(run["pi"]), quantity(run["mean"], run["std"]))
                         for run in runs]  # fmt: skip
                ax.plot(*zip(*found, strict=True), "x", color=_BEST, label="trained, each seed")
                ax.set_title(f"{name}: {title}")
                ax.set_xticks(scipy.special.logit(_PI_TICKS), [f"{pi:g}" for pi in _PI_TICKS])
        for ax in rows[-1]:
            ax.set_xlabel("π, the weight of the data")
        rows[0, 0].legend()
        return figure


def weightings(pis: Sequence[float], errors: dict[str, list]) -> Figure:
    """Plots errors of the estimated log density ratio over π, with their means as lines.

    Args:
        pis: [n].
        errors: by weighting the errors of all seeds, [n, seeds], in nats.
    """
    x, styles = scipy.special.logit(pis), (("o-", _BEST), ("s--", "#2166ac"), ("^:", _OTHER))
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.8, 3.2), layout="constrained")
        ax = figure.subplots()
        for (name, found), (style, color) in zip(errors.items(), styles, strict=True):
            ax.plot(x, found, ".", color=color, markersize=4)
            ax.plot(x, np.mean(found, axis=1), style, color=color, markersize=4, label=name)
        ax.set_xticks(scipy.special.logit(_PI_TICKS), [f"{pi:g}" for pi in _PI_TICKS])
        ax.set(yscale="log", xlabel="π, the weight of the data", ylabel="median error of r in nats")
        ax.legend()
        return figure


def quality_diversity(runs: dict[str, dict], likelihood: str) -> Figure:
    """Plots KL[Q‖P] against KL[P‖Q] of every run, with standard errors.

    Args:
        runs: by "name, seed number" a dict of `kl_p_q` and `kl_q_p`, each a value and its error;
            those by likelihood also have `at_temperatures`, such dicts by the temperature.
        likelihood: the name of these.
    """
    names = list(dict.fromkeys(key.rpartition(", seed ")[0] for key in runs))
    colours = matplotlib.colormaps["tab20"].colors
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        ax = figure.subplots()
        for key, figures in runs.items():
            name, _, seed = key.rpartition(", seed ")
            x, y = figures["kl_p_q"], figures["kl_q_p"]
            colour = "black" if name == likelihood else colours[names.index(name) % 20]
            label = name if seed == "0" else None
            ax.errorbar(x[0], y[0], y[1], x[1], "o", color=colour, markersize=4, label=label)
            if name == likelihood:
                _temperatures(ax, figures, label)
        ax.set(xscale="log", yscale="log")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(FixedLocator(_NATS_TICKS))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_locator(NullLocator())
        ax.set_xlabel("KL[P‖Q] in nats per text: what is missed")
        ax.set_ylabel("KL[Q‖P] in nats per text: what is not data")
        figure.legend(loc="outside right upper")
        return figure


def _temperatures(ax, figures, label):
    """Plots the curve of one network over its sampling temperatures."""
    found = {1.0: figures} | {float(t): each for t, each in figures["at_temperatures"].items()}
    curve = [(found[t]["kl_p_q"][0], found[t]["kl_q_p"][0]) for t in sorted(found)]
    if label is not None:
        label = f"{label} at temperatures {min(found):g} to {max(found):g}"
    style = {"color": "black", "linewidth": 0.8, "markersize": 2}
    ax.plot(*zip(*curve, strict=True), "o-", label=label, **style)


def misspecified(record: dict) -> Figure:
    """Plots KL[Q‖P] against KL[P‖Q], a panel per source: trained runs beside exact curves.

    Args:
        record: what `experiments.misspecified` writes: `exact` by source, and `runs`, of which
            those of the usual generator are shown where the axes reach.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.2 * len(record["exact"]), 4.0), layout="constrained")
        axes = figure.subplots(1, len(record["exact"]), squeeze=False)[0]
        for ax, (source, known) in zip(axes, record["exact"].items(), strict=True):
            _exact_curves(ax, known)
            for way, marker in _WAYS.items():
                places = [
                    (run["kl_p_q"], run["kl_q_p"])
                    for run in record["runs"].values()
                    if (run["source"], run["capacity"]) == (source, "units=32, context=1")
                    and run["name"].partition(", π")[0] == way
                ]
                if places:
                    x, y = np.transpose(places)
                    color = _SECOND if way.startswith("mediator") else _BEST
                    ax.plot(x, y, marker, color=color, markersize=5, label=way)
            ax.set(title=source, xlabel="KL[P‖Q] in nats: what is missed")
            ax.legend(fontsize=7)
        axes[0].set_ylabel("KL[Q‖P] in nats: what is not data")
        return figure


# Ways to train the generators of `misspecified`, and their markers.
_WAYS = {
    "maximum likelihood": "s",
    "REINFORCE": "x",
    "REINFORCE, five discriminator updates": "*",
    "mediator": "1",
    "mediator with future": "2",
    "Gumbel-softmax": "+",
}


def capacities(found: dict) -> Figure:
    """Plots JS_π over the generator's capacity, relative to likelihood at its best temperature.

    Args:
        found: JS_π in nats by source, π, capacity and way, as `misspecified.by_capacity` returns.
    """
    with matplotlib.rc_context(_STYLE):
        shown = {source: pis for source, pis in found.items() if max(map(len, pis.values())) > 1}
        figure = Figure(figsize=(1.2 + 3.0 * len(shown), 5.0), layout="constrained")
        rows = max(map(len, shown.values()), default=1)
        axes = figure.subplots(rows, max(len(shown), 1), sharey=True, squeeze=False)
        for column, (source, pis) in zip(axes.T, shown.items(), strict=True):
            for ax, (pi, capacities) in zip(column, pis.items(), strict=True):
                _over_capacity(ax, capacities)
                ax.set(title=f"{source}, π = {pi}")
        for ax in axes[:, 0]:
            ax.set_ylabel("JS relative to likelihood's\nat its best temperature")
        every = [ax.get_legend_handles_labels() for ax in axes.flat]
        figure.legend(
            *max(every, key=lambda each: len(each[1])), loc="outside lower center", ncols=4
        )
        return figure


def _over_capacity(ax, capacities):
    """A panel of `capacities`: above 1 likelihood is better; an optimum of 0 is not shown."""
    cooled = "likelihood at its best temperature"
    ax.axhline(1, linestyle="--", color="black", linewidth=0.9)
    for way, style, color in (
        ("REINFORCE", "x-", _BEST),
        ("REINFORCE, likelihood ratio", "+-", "#ef8a62"),
        ("mediator with future", "2-", _SECOND),
        ("likelihood further, at its best temperature", ":", "black"),
        ("optimum of the class", "o", _OTHER),
    ):
        places = [
            (place, values[way] / values[cooled])
            for place, values in enumerate(capacities.values())
            if values.get(way)
        ]
        if places:
            ax.plot(*np.transpose(places), style, color=color, markersize=5, label=way)
    labels = [name.replace(", ", "\n").replace("=", " ") for name in capacities]
    ax.set_xticks(range(len(labels)), labels, fontsize=6)
    ax.set_yscale("log")
    ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
    ax.yaxis.set(major_locator=FixedLocator(ticks), minor_locator=NullLocator())
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _exact_curves(ax, known):
    """Plots the class optima over π and likelihood over temperatures, labelled where they are."""

    def places(of):
        return np.array([(each["kl_p_q"], each["kl_q_p"]) for each in of.values()])

    optima = places({"0": known["likelihood"], **known["optima"]})
    ax.plot(*optima.T, "o", color=_OTHER, markersize=4, label="optima of the class")
    cooled = places(known["temperatures"])
    ax.plot(*cooled.T, "--", color="black", linewidth=0.9, label="likelihood at temperatures")
    for i, (pi, place) in enumerate(zip(("likelihood", *known["optima"]), optima, strict=True)):
        label = {"likelihood": pi, "1": "KL[Q‖P]"}.get(pi, f"π = {pi}")
        offset, side = (((5, 3), "left"), ((-5, -9), "right"))[i % 2]  # neighbours may be near
        ax.annotate(label, place, offset, textcoords="offset points", fontsize=7, ha=side)
    low, high = optima.min(axis=0), optima.max(axis=0)
    margin = 0.2 * (high - low)
    ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]))
    ax.set(ylim=(low[1] - margin[1], high[1] + margin[1]))


def distillation(record: dict) -> Figure:
    """Plots KL[S‖T] against KL[T‖S] of students: exact ends over π, and trained runs.

    Args:
        record: what `experiments.distillation` writes: `exact` by "π = ..., prefixes", and `runs`.
    """
    panels = {
        "no gradient through prefixes": {"data": "black", "own": "#2166ac"},
        "with it: future=True": {"own, future": _BEST},
    }
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        for ax, (title, shown) in zip(figure.subplots(1, 2), panels.items(), strict=True):
            for prefixes, color in shown.items():
                _ends(ax, record, prefixes, color)
            ax.set(title=title, xlabel="KL[T‖S] in nats: what is missed")
            ax.margins(0.15)
            ax.legend()
        figure.axes[0].set_ylabel("KL[S‖T] in nats: what the teacher would not say")
        return figure


def _ends(ax, record, prefixes, color):
    """Plots the exact ends of one kind of prefixes, labelled by π, and the trained runs."""
    pis = sorted({run["pi"] for run in record["runs"].values() if run["prefixes"] == prefixes})
    known = [record["exact"][f"π = {pi:g}, {prefixes}"] for pi in pis]
    places = np.array([(each["kl_p_q"], each["kl_q_p"]) for each in known])
    ax.plot(*places.T, "o-", color=color, markerfacecolor="white", label=f"{prefixes}: exact")
    for pi, place in zip(pis, places, strict=True):
        ax.annotate(f"π = {pi:g}", place, (5, 5), textcoords="offset points", fontsize=7)
    found = [(run["kl_p_q"], run["kl_q_p"])
             for run in record["runs"].values() if run["prefixes"] == prefixes]  # fmt: skip
    ax.plot(*np.transpose(found), "x", color=color, label=f"{prefixes}: trained")


def refinement(record: dict) -> Figure:
    """Plots predicted gains against exact ones, and refined distributions of the first source.

    Args:
        record: what `experiments.refinement` writes: `optima` by source, and `runs`.
    """
    runs = [run for run in record["runs"].values() if "source" in run]
    shown = next(run for run in runs if run["seed"] == min(r["seed"] for r in runs))
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 3.9), layout="constrained")
        gains, plane = figure.subplots(1, 2)
        _gains(gains, runs)
        optima = record["optima"][shown["source"]]
        kinds = {
            "best chains by π": ({f"π = {pi}": each for pi, each in optima.items()}, _OTHER),
            "one of K": ({f"K = {k}": e for k, e in shown["candidates"].items()}, "#2166ac"),
            "a share accepted": (
                {f"{float(a):.0%}": e for a, e in shown["acceptance"].items()}, _BEST,
            ),
        }  # fmt: skip
        for name, (places, color) in kinds.items():
            found = [(each["kl_p_q"], each["kl_q_p"]) for each in places.values()]
            plane.plot(*np.transpose(found), "o-", color=color, markersize=3, label=name)
            offset, side = ((-5, 4), "right") if color == "#2166ac" else ((5, -6), "left")
            for label, place in zip(places, found, strict=True):
                plane.annotate(label, place, offset, textcoords="offset points", fontsize=7,
                               color=color, ha=side)  # fmt: skip
        plane.set(title=f"{shown['source']}: samples refined", xscale="log", yscale="log")
        plane.margins(0.12)
        for axis in (plane.xaxis, plane.yaxis):
            axis.set_major_locator(FixedLocator((0.1, 0.2, 0.4, 0.8, 1.6, 3.2)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_locator(NullLocator())
        plane.set(xlabel="KL[P‖Q] in nats: what is missed")
        plane.set(ylabel="KL[Q‖P] in nats: what is not data")
        plane.legend()
        return figure


def _gains(ax, runs):
    """Plots what `refinement_gain` predicts over the exact fall of KL[P‖Q], by source."""
    highest = 0.0
    for number, source in enumerate(dict.fromkeys(run["source"] for run in runs)):
        of_source = [run for run in runs if run["source"] == source]
        falls = [run["plain"]["kl_p_q"] - run["refined"]["kl_p_q"] for run in of_source]
        found, errors = np.transpose([run["predicted"]["refinement_gain"] for run in of_source])
        color = ("black", "#2166ac", _BEST)[number]
        ax.errorbar(falls, found, 2 * errors, fmt="o", color=color, markersize=3)
        ax.annotate(source, (falls[0], found[0]), (8, -8), textcoords="offset points", color=color)
        highest = max(highest, *falls, *found)
    ax.plot([0, 1.1 * highest], [0, 1.1 * highest], color=_OTHER, linewidth=0.8)
    ax.set(title="refinement_gain, ± 2 s.e.", ylabel="predicted, in nats")
    ax.set(xlabel="exact fall of KL[P‖Q], in nats")


def discriminators(record: dict) -> Figure:
    """Plots the share of the true JS that discriminators prove over their steps, a panel per data.

    Args:
        record: what `experiments.discriminators` writes: `divergences` by data, and `runs`.
    """
    with matplotlib.rc_context(_STYLE):
        count = len(record["divergences"])
        figure = Figure(figsize=(4.6 * count, 3.4), layout="constrained")
        axes = figure.subplots(1, count, sharey=True, squeeze=False)[0]
        for ax, (part, (true, _)) in zip(axes, record["divergences"].items(), strict=True):
            runs = [run for run in record["runs"].values() if run["part"] == part]
            names = dict.fromkeys(run["name"] for run in runs)
            for name, color in zip(
                names, ("black", "#2166ac", "#67a9cf", _BEST, "#ef8a62"), strict=False
            ):
                curve = [(run["step"], run["bound"] / true) for run in runs if run["name"] == name]
                ax.plot(*np.transpose(curve), "o-", color=color, markersize=3, label=name)
            ax.axhline(1, color=_OTHER, linestyle=":")
            ax.set(title=f"{part} texts, JS = {true:.3f} nats", xscale="log", xlabel="steps")
        axes[0].set_ylabel("bound / JS at π = 0.5")
        handles, names = max(
            (ax.get_legend_handles_labels() for ax in axes), key=lambda h: len(h[1])
        )
        figure.legend(handles, names, loc="outside right center")
        return figure


def poor_generators(record: dict) -> Figure:
    """Plots precision, coverage and bounds over π: a row per game, a line per size of the latents.

    Args:
        record: what `experiments.poor_generators` writes.
    """
    bounds = "bound of JS$_\\pi$ / H(π); dotted: the game's own"
    measures = {"precision": "precision", "coverage": "coverage", "fresh_bound": bounds}
    runs = list(record["runs"].values())
    games = list(dict.fromkeys(run["game"] for run in runs))
    with matplotlib.rc_context(_STYLE):
        size = 9.6, 2.8 * len(games)
        figure = Figure(figsize=size, layout="constrained")
        rows = figure.subplots(len(games), len(measures), squeeze=False, sharex=True)
        for game, axes in zip(games, rows, strict=True):
            for ax, measure in zip(axes, measures, strict=True):
                _over_pi(ax, [run for run in runs if run["game"] == game], measure)
            axes[0].set_ylabel(game)
        for ax, title in zip(rows[0], measures.values(), strict=True):
            ax.set_title(title)
        for ax in rows[-1]:
            ax.set_xlabel("π, the weight of the data")
        figure.legend(*rows[0][0].get_legend_handles_labels(), loc="outside right center")
        return figure


def _over_pi(ax, runs, measure):
    """Plots a measure over π, a line per size of the latents; with bounds, the game's own."""
    sizes = sorted({run["latent_size"] for run in runs})
    for size, color in zip(sizes, ("black", "#2166ac", _BEST), strict=False):
        of_size = [run for run in runs if run["latent_size"] == size]
        label = f"{size} latent" + ("s" if size > 1 else "")
        _means_over_pi(ax, of_size, measure, "o-", color=color, label=label)
        if measure == "fresh_bound":
            _means_over_pi(ax, of_size, "own_bound", "x:", color=color)
    ticks = sorted({run["pi"] for run in runs})
    ax.set_xticks(scipy.special.logit(ticks), [f"{pi:g}" for pi in ticks])


def _means_over_pi(ax, runs, measure, style, **options):
    """Plots the mean over seeds, and each seed as a dot; bounds as a share of the largest, H(π)."""
    pis = sorted({run["pi"] for run in runs})
    entropy = scipy.special.entr
    largest = {pi: entropy(pi) + entropy(1 - pi) if "bound" in measure else 1.0 for pi in pis}
    found = {
        pi: [run["measured"][measure] / largest[pi] for run in runs if run["pi"] == pi]
        for pi in pis
    }
    places = scipy.special.logit(pis)
    ax.plot(places, [np.mean(found[pi]) for pi in pis], style, markersize=4, **options)
    for place, values in zip(places, found.values(), strict=True):
        ax.plot([place] * len(values), values, ".", markersize=2, color=options["color"])


# Where the labels go of points that lie close to others.
def real_text(record: dict) -> Figure:
    """Plots the reverse LM score against the nats under the reference, labelled by what it is.

    Args:
        record: what `experiments.real_text` writes; samples of likelihood at temperatures are
            joined by a line.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(5.4, 3.8), layout="constrained")
        ax = figure.subplots()
        places = {
            name: (run["measured"]["reference_nats"], run["measured"]["reverse_lm_score"])
            for name, run in record["runs"].items()
        }
        curve = {name: place for name, place in places.items() if "temperature" in name}
        if curve:
            ax.plot(*np.transpose(list(curve.values())), "-", color="black", linewidth=0.8)
        ax.margins(0.32, 0.12)
        for name, place in places.items():
            color = "black" if name in curve else _BEST
            ax.plot(*place, "o", color=color, markersize=4)
        for name, place in curve.items():
            label = name.removeprefix("maximum likelihood, further, ")
            ax.annotate(label, place, (-4, -9), textcoords="offset points", fontsize=7, ha="right")
        others = {name: place for name, place in places.items() if name not in curve}
        for name, place in _apart(others, np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())).items():
            ax.annotate(name, place, (6, -2), color=_BEST, textcoords="offset points", fontsize=7)
        ax.set(xlabel="samples under the reference, nats per token")
        ax.set(ylabel="reverse LM score, nats per token")
        return figure


def _apart(places, width, height):
    """Places of labels by name: beside all near places, and not on one another, from below up."""
    found, last = {}, -np.inf
    for name, (x, y) in sorted(places.items(), key=lambda each: each[1][1]):
        near = [its for its, _ in places.values() if abs(its - x) < 0.06 * width]
        last = max(y, last + 0.045 * height)
        found[name] = max(near), last
    return found
