"""Writes the tables of docs/misspecified.md from docs/figures/misspecified.json.

    python -m experiments.misspecified_tables

A table has the runs that are finished. Values are in nats per text.
"""

import itertools
import json
import pathlib
import statistics

from experiments.misspecified import (
    CAPACITIES,
    COOLED,
    COOPERATIVE,
    FEW_PIS,
    FURTHER_COOLED,
    MORE_UPDATES,
    OPTIMUM,
    PIS,
    RATIO,
    by_capacity,
)
from experiments.table import with_tables
from experiments.text_kinds import LIKELIHOOD
from zoo.errors import explained

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENT = ROOT / "docs/misspecified.md"
RESULTS = ROOT / "docs/figures/misspecified.json"
USUAL = "units=32, context=1"
OF_SEEDS = ("REINFORCE", MORE_UPDATES, COOPERATIVE)
OF_CAPACITY = (OPTIMUM, COOLED, FURTHER_COOLED, "REINFORCE", RATIO, COOPERATIVE)
WAYS = {
    LIKELIHOOD: LIKELIHOOD,
    "scheduled sampling, ε = 0.5": "scheduled sampling, ε = 0.5",
    "scheduled sampling, ε to 0": "scheduled sampling, ε to 0",
    "REINFORCE": "REINFORCE, π = {pi}",
    "mediator": "mediator, π = {pi}",
    COOPERATIVE: f"{COOPERATIVE}, π = {{pi}}",
    "Gumbel-softmax": "Gumbel-softmax, π = {pi}",
}


def over_seeds(record: dict) -> str:
    """Trained over seeds, beside likelihood at its best temperature and the least of the class.

    The value is that of the divergence which was trained, JS_π, and of KL[Q‖P].
    """
    rows = []
    for source, known in record["exact"].items():
        for pi, name in itertools.product(FEW_PIS, OF_SEEDS):
            for measure in (f"js_{pi}", "kl_q_p"):
                values = [run[measure] for run in _runs(record, source, f"{name}, π = {pi}")]
                if not values[1:]:
                    continue
                temperature, cooled = _cooled(known, measure)
                best = known["optima"][str(pi)][measure]
                below = sum(value < cooled for value in values)
                mean = statistics.mean(values)
                rows.append((
                    source, pi, name, "KL[Q‖P]" if measure == "kl_q_p" else f"JS at {pi}",
                    f"{known['likelihood'][measure]:.4f}", f"{cooled:.4f} at {temperature}",
                    f"{mean:.4f} ± {statistics.stdev(values):.4f}",
                    f"{best:.4f}", f"{mean / best - 1:+.1%}", f"{below} of {len(values)}",
                ))  # fmt: skip
    head = ("source", "π", "trained by", "nats of", "likelihood", "at its best temperature",
            "trained", "optimum of JS_π", "trained from it",
            "seeds below the best temperature")  # fmt: skip
    return _table(head, rows)


def over_weights(record: dict) -> str:
    """REINFORCE of one seed over π, beside likelihood."""
    rows = []
    for source, known in record["exact"].items():
        for pi in PIS:
            for run in _runs(record, source, f"REINFORCE, π = {pi}")[:1]:
                js, best = f"js_{pi}", known["optima"][str(pi)]
                rows.append((
                    source, pi, f"{run['kl_p_q']:.3f} ({best['kl_p_q']:.3f})",
                    f"{run['kl_q_p']:.3f} ({best['kl_q_p']:.3f})", f"{run[js]:.4f}",
                    f"{best[js]:.4f}", f"{_cooled(known, js)[1]:.4f}",
                ))  # fmt: skip
    head = ("source", "π", "KL[P‖Q] (of the optimum)", "KL[Q‖P] (of the optimum)", "JS_π",
            "optimum", COOLED)  # fmt: skip
    return _table(head, rows)


def ways(record: dict) -> str:
    """JS_π as a multiple of its least value in the class, by way of training and π."""
    rows = []
    for source, known in record["exact"].items():
        least = {pi: known["optima"][str(pi)][f"js_{pi}"] for pi in PIS}
        cooled = (f"{_cooled(known, f'js_{pi}')[1] / least[pi]:.3f}" for pi in PIS)
        rows.append((source, COOLED, *cooled))
        for way, name in WAYS.items():
            found = {pi: _runs(record, source, name.format(pi=pi))[:1] for pi in PIS}
            if any(found.values()):
                ratios = (
                    f"{runs[0][f'js_{pi}'] / least[pi]:.3f}" if runs else ""
                    for pi, runs in found.items()
                )
                rows.append((source, way, *ratios))
    return _table(("source", "trained by", *(f"π = {pi}" for pi in PIS)), rows)


def capacities(record: dict) -> str:
    """JS_π by likelihood at its best temperature and by adversaries, over the capacity."""
    rows = []
    for source, found in by_capacity(record).items():
        for capacity, pi in itertools.product(CAPACITIES, FEW_PIS):
            if values := found[pi].get(capacity):
                cells = (f"{values[way]:.4f}" if way in values else "" for way in OF_CAPACITY)
                rows.append((source, capacity, pi, *cells))
    return _table(("source", "generator", "π", *OF_CAPACITY), rows)


def data_alone(record: dict) -> str:
    """Exact optima of objectives that need data alone, beside likelihood's best temperatures."""
    rows = []
    for source, known in record["exact"].items():
        rows.append((source, COOLED, *(f"{_cooled(known, m)[1]:.4f}" for m in _SHOWN)))
        for name, title in (("mixce", "MixCE, η"), ("tailr", "TaiLr, γ")):
            for weight, found in known[name].items():
                cells = (f"{found[measure]:.4f}" for measure in _SHOWN)
                rows.append((source, f"{title} = {weight}", *cells))
    return _table(("source", "minimised", *_SHOWN.values()), rows)


_SHOWN = {"kl_p_q": "KL[P‖Q]", "kl_q_p": "KL[Q‖P]", "js_0.5": "JS at 0.5", "js_0.9": "JS at 0.9"}
TABLES = {
    "over seeds": over_seeds,
    "over weights": over_weights,
    "ways": ways,
    "capacities": capacities,
    "data alone": data_alone,
}


def _runs(record, source, name, capacity=USUAL):
    """The finished runs of a kind, by seed."""
    wanted = (source, capacity, name)
    found = [
        run
        for run in record["runs"].values()
        if (run["source"], run["capacity"], run["name"]) == wanted
    ]
    return sorted(found, key=lambda run: run["seed"])


def _cooled(known, measure):
    """The temperature at which likelihood has the least of a divergence, and that value."""
    best = min(known["temperatures"].items(), key=lambda each: each[1][measure])
    return best[0], best[1][measure]


def _table(head, rows):
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def document(text: str, record: dict) -> str:
    """Returns the document with the tables of a record."""
    return with_tables(
        text, {name: (lambda write=write: write(record)) for name, write in TABLES.items()}
    )


def main() -> None:
    """Writes the tables."""
    record = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = document(DOCUMENT.read_text(encoding="utf-8"), record)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    explained(main)()
