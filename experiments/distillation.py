"""Trains distillation to its ends on exactly known texts, and compares them with exact ones.

    python -m experiments.distillation

P is a distribution over 3,125 texts; the teacher T is a table of all conditional probabilities,
trained by likelihood to nearly P; the student S reads one token back, so that no weights make it
T. The ends of distillation by JS_π on data's prefixes, on the student's own, and on its own with
`future=True` are computed by summing over all texts (`zoo.theory.distilled_chains`), and reached
by training. Writes distillation.json and distillation.png into docs/figures; rerun the command to
resume: finished runs are passed over.

Source: R. Agarwal et al., arXiv 2306.13649 (2023).
"""

import argparse
import pathlib

import numpy as np

import zoo
from experiments import misspecified, plots, results
from zoo.errors import explained
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json
from zoo.theory.chains import Chains, all_texts
from zoo.theory.distilled_chains import DistilledChains

PREFIXES = {"data": "own=0.0", "own": "own=1.0", "own, future": "own=1.0, future=True"}
PIS, SEEDS, STEPS = (0.0, 0.5, 1.0), (0, 1, 2), 1000
# At π = 1 what the student minimises on its own texts is KL[S‖T]: there every seed is trained.
EVERY_SEED = 1.0
STUDENT = "transformer(units=16, layers=1, heads=1, context=1)"


def runs(pis: list[float], seeds: list[int]) -> list[tuple[float, str, int]]:
    """Lists π, the name of the prefixes and the seed of each run, those of the first seed first."""
    return [
        (pi, prefixes, seed)
        for seed in seeds
        for pi in pis
        for prefixes in PREFIXES
        if seed == seeds[0] or pi == EVERY_SEED
    ]


def _experiment(source, seed, **settings):
    return zoo.Experiment(
        data=misspecified.SOURCES[source],
        decay="cosine",
        average_decay=0.99,
        clip_norm=1.0,
        seed=seed,
        sample_every=0,
        checkpoint_every=500,
        **settings,
    )


def teacher(source: str, workdir: pathlib.Path, steps: int) -> Run:
    """Trains a table by likelihood on the data."""
    settings = _experiment(
        source, 0, model="table", objective="maximum_likelihood", steps=steps, batch_size=2048,
        learning_rate=0.05,
    )  # fmt: skip
    return zoo.train(settings, str(workdir / source / "teacher"))


def student(
    source: str, pi: float, prefixes: str, seed: int, workdir: pathlib.Path, steps: int
) -> Run:
    """Trains a student of the teacher in the same folder."""
    taught = workdir / source / "teacher"
    objective = f"distillation(teacher={str(taught)!r}, pi={pi}, {PREFIXES[prefixes]})"
    settings = _experiment(
        source, seed, model=STUDENT, objective=objective, steps=steps, batch_size=256,
        learning_rate=1e-2,
    )  # fmt: skip
    name = f"pi_{pi}_{prefixes.replace(', ', '_')}_seed_{seed}"
    return zoo.train(settings, str(workdir / source / name))


def log_prob(run: Run) -> np.ndarray:
    """Log-probabilities of all texts, float64 [3125], of sum 1."""
    found = run.generator.log_prob(all_texts(misspecified.SIZE, misspecified.LENGTH)).numpy()
    return np.float64(found) - np.logaddexp.reduce(np.float64(found))


def ends(log_p: np.ndarray, log_t: np.ndarray, pis: list[float]) -> dict[str, dict]:
    """Divergences of the exact ends from the teacher, by "π, prefixes"; and those of likelihood."""
    chains = Chains(misspecified.SIZE, misspecified.LENGTH, order=1)
    distilled = DistilledChains(chains, log_p, log_t)

    def measured(logits):
        return misspecified.divergences_of(log_t, chains.log_prob(logits).numpy())

    found = {"likelihood": measured(chains.maximum_likelihood(log_p))}
    for pi in pis:
        found |= {
            key(pi, "data"): measured(distilled.fixed_point(pi, own=0)),
            key(pi, "own"): measured(distilled.fixed_point(pi, own=1)),
            key(pi, "own, future"): measured(distilled.optimum(pi, own=1)),
        }
    return found


def key(pi: float, prefixes: str) -> str:
    """The name of an end."""
    return f"π = {pi:g}, {prefixes}"


def complete(record: dict, path: pathlib.Path, options: argparse.Namespace) -> None:
    """Computes the ends and trains the students without a result; writes the file after each."""
    exact = record.setdefault("exact", {})
    left = {f"{key(*each[:2])}, seed {each[2]}": each for each in runs(options.pis, options.seeds)}
    left = {name: each for name, each in left.items() if name not in record["runs"]}
    if not left:
        return
    source, workdir = options.source, options.workdir
    log_p = misspecified.log_probabilities(source)
    log_t = log_prob(teacher(source, workdir, options.steps))
    record["teacher"] = misspecified.divergences_of(log_p, log_t)
    for name, (pi, prefixes, seed) in left.items():
        if key(pi, prefixes) not in exact:
            exact |= ends(log_p, log_t, [pi])
            write_json(path, record)
        run = student(source, pi, prefixes, seed, workdir, options.steps)
        found = misspecified.divergences_of(log_t, log_prob(run))
        record["runs"][name] = {"pi": pi, "prefixes": prefixes, "seed": seed, **found}
        write_json(path, record)
        print(f"{name:<32}" + _both(found) + "   exact" + _both(exact[key(pi, prefixes)]),
              flush=True)  # fmt: skip


def _both(found):
    return f"  KL[T‖S] {found['kl_p_q']:.4f}  KL[S‖T] {found['kl_q_p']:.4f}"


def table(record: dict) -> str:
    """Formats the results in Markdown: exact ends, and runs as means over seeds."""
    lines = [
        "| π | prefixes | KL[T‖S], exact | trained | KL[S‖T], exact | trained | seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    groups = {}
    for run in record["runs"].values():
        groups.setdefault((run["pi"], run["prefixes"]), []).append(run)
    for (pi, prefixes), found in sorted(groups.items(), key=lambda item: item[0][0]):
        cells = []
        for kl in ("kl_p_q", "kl_q_p"):
            cells.append(f"{record['exact'][key(pi, prefixes)][kl]:.3f}")
            cells.append(results.over_seeds([run[kl] for run in found]))
        lines.append(f"| {pi:g} | {prefixes} | {' | '.join(cells)} | {len(found)} |")
    return "\n".join(lines)


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", default="markov_0", choices=list(misspecified.SOURCES))
    parser.add_argument("--pis", nargs="+", type=float, default=list(PIS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/distillation"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Trains, measures, plots and prints; see the module docstring."""
    options = arguments_of(given)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "distillation.json"
    settings = {"source": misspecified.SOURCES[options.source], "student": STUDENT,
                "steps": options.steps}  # fmt: skip
    record = results.read(path, settings)
    complete(record, path, options)
    plots.save(plots.distillation(record), path.with_suffix(".png"))
    print(table(record))


if __name__ == "__main__":
    explained(main)()
