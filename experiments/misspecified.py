"""Compares objectives where the generator is too simple for the data, on exactly known texts.

    python -m experiments.misspecified --part=seeds-oracle

P is one of three distributions over the 3,125 texts of five tokens; the generator reads one token
back, so that no weights make it P. Every divergence is a sum over all texts. `--part` names some
of the runs, at most two hours on two cores; without it only the exact values are computed: the
optima of all chains of order 1, likelihood at every temperature, MixCE and TaiLr. Writes
misspecified.json, misspecified.png and misspecified_capacities.png into docs/figures; rerun the
command to resume: finished runs are passed over.

Source: F. Huszár (2015), arXiv 1511.05101, section 4.
"""

import argparse
import dataclasses
import pathlib

import numpy as np

from experiments import plots, results, text_kinds
from experiments.text_kinds import LIKELIHOOD, Kind
from zoo import divergences, spec
from zoo.errors import explained
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json
from zoo.theory.chains import Chains, all_texts

SIZE = LENGTH = 5
_SIZES = f"vocabulary_size={SIZE}, length={LENGTH}, count=200000"
SOURCES = {
    "oracle": f"oracle({_SIZES})",
    "markov_0": f"markov(order=3, {_SIZES}, seed=0)",
    "markov_1": f"markov(order=3, {_SIZES}, seed=1)",
}
PIS, FEW_PIS, SEEDS = (0.01, 0.1, 0.5, 0.9, 0.99), (0.5, 0.9), (0, 1, 2)
TEMPERATURES = tuple(round(float(t), 2) for t in np.arange(0.2, 1.51, 0.02))
STEPS, RATE, BATCH = 3000, 2e-3, 512
GENERATOR = "transformer(units=32, layers=1, heads=2, context=1)"
# From far too small to sufficient; the first two on the oracle alone.
CAPACITIES = {
    f"units={units}, context={context}": f"transformer(units={units}, layers=1, heads=2, "
    f"context={context})"
    for units, context in ((4, 1), (8, 1), (32, 1), (32, 2), (32, 3), (64, 5))
}
FEW_UNITS = ("units=4, context=1", "units=8, context=1")
MORE_UPDATES = "REINFORCE, five discriminator updates"
COOPERATIVE = "mediator with future"
RATIO, LANGUAGE_MODEL = "REINFORCE, likelihood ratio", "language model"
FURTHER = "maximum likelihood, further"
OPTIMUM, COOLED = "optimum of the class", "likelihood at its best temperature"
FURTHER_COOLED = "likelihood further, at its best temperature"
_WITHOUT_ADVERSARY = {OPTIMUM, COOLED, FURTHER_COOLED}
_MEDIATOR = _LANGUAGE_MODEL = "lstm(units=64, layers=1)"


def against_discriminator(
    pi: float, generator: str, estimator: str, steps: int, updates: int = 2
) -> Kind:
    """Adversarial training of JS_π from likelihood, with a recurrent discriminator.

    Args:
        pi: the weight of the data.
        generator: its spec.
        estimator: the spec of the gradient estimator.
        steps: training steps.
        updates: of the discriminator in each.
    """
    objective = f"generalised_js(pi={pi}, discriminator_steps={updates}, estimator={estimator!r})"
    model = f'text_gan(generator="{generator}", discriminator="recurrent", width=64)'
    return Kind(objective, model, steps, RATE, init_from=LIKELIHOOD)


def mediated(pi: float, generator: str, future: bool, steps: int) -> Kind:
    """Cooperative training of JS_π from likelihood."""
    objective = (
        f"mediated_js(pi={pi}, future={future}, mediator_steps=2, mediator_warmup={steps // 10})"
    )
    model = f'mediated(generator="{generator}", mediator="{_MEDIATOR}")'
    return Kind(objective, model, steps, RATE, init_from=LIKELIHOOD)


def reinforced(pis: tuple, generator: str, steps: int) -> dict[str, Kind]:
    """REINFORCE at each π, after the likelihood that it starts from."""
    kinds = {LIKELIHOOD: Kind("maximum_likelihood", generator, steps, RATE)}
    return kinds | {
        f"REINFORCE, π = {pi}": against_discriminator(pi, generator, "reinforce()", steps)
        for pi in pis
    }


def likelihood_further(generator: str, steps: int) -> dict[str, Kind]:
    """Likelihood, and from it for as many steps again, as adversaries train."""
    further = Kind("maximum_likelihood", generator, steps, RATE, init_from=LIKELIHOOD)
    return reinforced((), generator, steps) | {FURTHER: further}


def with_more_updates(pis: tuple, generator: str, steps: int) -> dict[str, Kind]:
    """REINFORCE with five updates of the discriminator in each step, after likelihood."""
    kinds = reinforced((), generator, steps)
    return kinds | {
        f"{MORE_UPDATES}, π = {pi}": against_discriminator(pi, generator, "reinforce()", steps, 5)
        for pi in pis
    }


def cooperative(pis: tuple, generator: str, steps: int) -> dict[str, Kind]:
    """The mediator with `future` at each π, after likelihood."""
    kinds = reinforced((), generator, steps)
    return kinds | {f"{COOPERATIVE}, π = {pi}": mediated(pi, generator, True, steps) for pi in pis}


def with_ratio(pis: tuple, generator: str, steps: int) -> dict[str, Kind]:
    """REINFORCE against the likelihood ratio of a language model and the generator, after both."""
    kinds = reinforced((), generator, steps) | {
        LANGUAGE_MODEL: Kind("maximum_likelihood", _LANGUAGE_MODEL, steps, RATE)
    }
    model = f'likelihood_ratio_gan(generator="{generator}", data_model="{_LANGUAGE_MODEL}")'
    return kinds | {
        f"{RATIO}, π = {pi}": dataclasses.replace(
            against_discriminator(pi, generator, "reinforce()", steps),
            model=model,
            init_discriminator_from=LANGUAGE_MODEL,
        )
        for pi in pis
    }


def other_ways(steps: int) -> dict[str, Kind]:
    """Scheduled sampling, and the other gradients of JS_π, after likelihood."""
    sampled = f"schedule='linear', keep_probability=1.0, decrease={1 / steps:g}, minimum=0.0"
    kinds = reinforced((), GENERATOR, steps) | {
        "scheduled sampling, ε = 0.5": Kind(
            "scheduled_sampling(schedule='constant', keep_probability=0.5)", GENERATOR, steps, RATE
        ),
        "scheduled sampling, ε to 0": Kind(
            f"scheduled_sampling({sampled})", GENERATOR, steps, RATE
        ),
    }
    for pi in PIS:
        kinds |= {
            f"mediator, π = {pi}": mediated(pi, GENERATOR, False, steps),
            f"{COOPERATIVE}, π = {pi}": mediated(pi, GENERATOR, True, steps),
            f"Gumbel-softmax, π = {pi}": against_discriminator(
                pi, GENERATOR, "gumbel_softmax()", steps
            ),
        }
    return kinds


def parts(steps: int = STEPS) -> dict[str, list[tuple]]:
    """Lists the runs of each part: a source, the capacity, a kind's name, kinds and the seed."""
    found = {}
    for source in SOURCES:
        few, every = reinforced(FEW_PIS, GENERATOR, steps), reinforced(PIS, GENERATOR, steps)
        usual = "units=32, context=1"
        found[f"seeds-{source}"] = [
            (source, usual, name, few, seed) for seed in SEEDS for name in few
        ]
        found[f"weights-{source}"] = [(source, usual, name, every, 0) for name in every]
        together = cooperative(FEW_PIS, GENERATOR, steps)
        found[f"cooperative-{source}"] = [
            (source, usual, name, together, seed) for name in together for seed in SEEDS
        ]
        ways = other_ways(steps)
        found[f"ways-{source}"] = [(source, usual, name, ways, 0) for name in ways]
        found[f"capacity-{source}"] = [
            (source, capacity, name, kinds, 0)
            for capacity, generator in CAPACITIES.items()
            if source == "oracle" or capacity not in FEW_UNITS
            for kinds in [
                reinforced(FEW_PIS, generator, steps) | cooperative(FEW_PIS, generator, steps)
            ]
            for name in kinds
        ]
        # Likelihood, too, may gain from as many steps again.
        found[f"further-{source}"] = [
            (source, capacity, FURTHER, likelihood_further(generator, steps), 0)
            for capacity, generator in CAPACITIES.items()
            if capacity not in FEW_UNITS
        ]
    # Where a recurrent discriminator does not find the way.
    found["ratio-oracle"] = [
        ("oracle", capacity, name, kinds, 0)
        for capacity in ("units=32, context=2", "units=32, context=3", "units=64, context=5")
        for kinds in [with_ratio(FEW_PIS, CAPACITIES[capacity], steps)]
        for name in kinds
        if name.startswith(RATIO)
    ]
    # Where two updates leave the discriminator too far from the ratio.
    more = with_more_updates(FEW_PIS, GENERATOR, steps)
    found["updates-markov_0"] = [
        ("markov_0", usual, name, more, seed) for name in more for seed in SEEDS
    ]
    return found


def without_texts(source: str) -> str:
    """The spec of a source that draws a single text: for its probabilities alone."""
    return SOURCES[source].replace("count=200000", "count=1")


def log_probabilities(source: str) -> np.ndarray:
    """Log P of all texts, float64 [3125]."""
    dataset = spec.build("data", without_texts(source), None)
    found = np.float64(dataset.log_prob(all_texts(SIZE, LENGTH)).numpy())
    return found - np.logaddexp.reduce(found)


def divergences_of(log_p: np.ndarray, log_q: np.ndarray) -> dict[str, float]:
    """Exact divergences by name, in nats per text."""
    log_q = np.float64(log_q)
    log_q = log_q - np.logaddexp.reduce(log_q)  # float32 networks: of sum 1 to six digits
    found = {"kl_p_q": divergences.kl(log_p, log_q), "kl_q_p": divergences.reverse_kl(log_p, log_q)}
    found |= {f"js_{pi}": divergences.generalised_js(log_p, log_q, pi) for pi in PIS}
    return {name: float(value) for name, value in found.items()}


def exact(log_p: np.ndarray) -> dict[str, dict]:
    """Divergences of the best chains by what they minimise, and of likelihood at temperatures.

    Chains of order 1, apart from `optima_by_order`, for generators that read more tokens back.
    """
    chains = Chains(SIZE, LENGTH, order=1)
    likelihood = chains.maximum_likelihood(log_p)

    def measured(logits, chains=chains):
        return divergences_of(log_p, chains.log_prob(logits).numpy())

    def optima(chains, pis):
        return {str(pi): measured(chains.optimum(log_p, pi), chains) for pi in pis}

    return {
        "likelihood": measured(likelihood),
        "temperatures": {str(t): measured(likelihood / t) for t in TEMPERATURES},
        "optima": optima(chains, (*PIS, 1)),
        "optima_by_order": {str(k): optima(Chains(SIZE, LENGTH, k), FEW_PIS) for k in (2, 3)},
        "mixce": {str(eta): measured(chains.mixce(log_p, eta)) for eta in (0.1, 0.5, 0.9)},
        "tailr": {str(g): measured(chains.tailr(log_p, g)) for g in (0.001, 0.01, 0.1)},
    }


def of_run(run: Run, log_p: np.ndarray) -> dict[str, float]:
    """Divergences of a trained generator."""
    return divergences_of(log_p, run.generator.log_prob(all_texts(SIZE, LENGTH)).numpy())


def least_over_temperatures(run: Run, log_p: np.ndarray) -> dict[str, list[float]]:
    """Least value of each divergence over sampling temperatures: [temperature, nats]."""
    texts, found = all_texts(SIZE, LENGTH), {}
    for t in TEMPERATURES:
        log_q = run.generator.log_prob(texts, sampler=lambda logits, t=t: logits / t)
        for name, value in divergences_of(log_p, log_q.numpy()).items():
            found[name] = min(found.get(name, [t, value]), [t, value], key=lambda each: each[1])
    return found


def of_capacity(record: dict, source: str, capacity: str, pi: float) -> dict[str, float]:
    """JS_π in nats by how it is reached: optimum, likelihood, and one seed of each adversary.

    The optimum is that of all chains of the generator's order, whatever its units; at an order of
    the texts' length it is 0.

    Args:
        record: what this program writes.
        source: one of `SOURCES`.
        capacity: one of `CAPACITIES`.
        pi: the weight of the data, of those that generators of every capacity are trained at.
    """
    js, known, order = f"js_{pi}", record["exact"][source], capacity.partition("context=")[2]
    optima = {"1": known["optima"]} | known["optima_by_order"]
    # Where the class has P, descent ends at a JS of 1e-12 or so, which is 0.
    found = {OPTIMUM: round(optima[order][str(pi)][js], 6) if order in optima else 0.0}
    for run in record["runs"].values():
        if (run["source"], run["capacity"], run["seed"]) == (source, capacity, 0):
            if run["name"] == LIKELIHOOD:
                found[COOLED] = run["least_over_temperatures"][js][1]
            if run["name"] == FURTHER:
                found[FURTHER_COOLED] = run["least_over_temperatures"][js][1]
            for way in ("REINFORCE", RATIO, COOPERATIVE):
                if run["name"] == f"{way}, π = {pi}":
                    found[way] = run[js]
    return found


def by_capacity(record: dict) -> dict[str, dict[float, dict[str, dict]]]:
    """`of_capacity` by source, π and capacity, of the capacities with trained generators."""
    return {
        source: {
            pi: {
                capacity: values
                for capacity in CAPACITIES
                if (values := of_capacity(record, source, capacity, pi)).keys() - _WITHOUT_ADVERSARY
            }
            for pi in FEW_PIS
        }
        for source in record["exact"]
    }


def complete(record: dict, path: pathlib.Path, runs: list[tuple], workdir: pathlib.Path) -> None:
    """Trains and measures the runs without a result, and writes the file after each."""
    for source, capacity, name, kinds, seed in runs:
        key = f"{source}, {capacity}, {name}, seed {seed}"
        kind = dataclasses.asdict(kinds[name])
        if key in record["runs"]:
            results.require_same(path, key, record["runs"][key]["kind"], kind)
            continue
        folder = workdir / source / capacity.replace(", ", "_")
        run = text_kinds.trained(name, kinds, SOURCES[source], seed, folder, batch_size=BATCH)
        log_p = log_probabilities(source)
        measured = of_run(run, log_p)
        least = {}
        if name in (LIKELIHOOD, FURTHER):
            least = {"least_over_temperatures": least_over_temperatures(run, log_p)}
        record["runs"][key] = {"kind": kind, "source": source, "capacity": capacity, "name": name,
                               "seed": seed, **measured, **least}  # fmt: skip
        write_json(path, record)
        print(f"{key:<70}" + _line(measured), flush=True)


def _line(measured):
    return "  ".join(f"{name} {value:.4f}" for name, value in measured.items())


def main(given: list[str] | None = None) -> None:
    """Trains, measures, writes and plots; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", nargs="+", default=[], choices=list(parts()))
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/misspecified"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    options = parser.parse_args(given)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "misspecified.json"
    record = results.read(path, {"data": SOURCES, "batch_size": BATCH})
    known = record.setdefault("exact", {})
    for source in SOURCES:
        if source not in known:
            known[source] = exact(log_probabilities(source))
            write_json(path, record)
        for pi, measured in known[source]["optima"].items():
            print(f"{source} optimum at π = {pi:<5}" + _line(measured), flush=True)
    for part in options.part:
        complete(record, path, parts(options.steps)[part], options.workdir)
    plots.save(plots.misspecified(record), path.with_suffix(".png"))
    plots.save(
        plots.capacities(by_capacity(record)), options.output / "misspecified_capacities.png"
    )


if __name__ == "__main__":
    explained(main)()
