"""Measures refined sampling: the gain that is predicted, and what comes out.

    python -m experiments.refinement --part=oracle markov_0 markov_1
    python -m experiments.refinement --part=surnames
    python -m experiments.refinement --part=mnist

Each part trains the density ratio of data and samples with the generator fixed. On the exactly
known texts of `experiments.misspecified` the refined distributions are summed over all texts, and
`refinement_gain` is compared with the exact fall of KL[P‖Q]. On surnames the published models are
refined, on MNIST a small DCGAN, by the ratio from pixels and from features of a classifier. The
latter is measured in the features that it was fitted in, which favours it.
Writes refinement.json, and refinement.png of the known texts, into docs/figures; rerun the command
to resume: finished runs are passed over.

Source: see `zoo.samplers.refine`.
"""

import argparse
import dataclasses
import math
import pathlib

import numpy as np
import scipy.special

import zoo
from experiments import misspecified, plots, results
from zoo import metrics
from zoo.density_ratio import calibration
from zoo.errors import explained
from zoo.runs.evaluation import evaluate, of_real_examples
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json
from zoo.theory.chains import Chains, all_texts

SEEDS = (0, 1, 2)
STEPS = 1000  # of each ratio of known texts; likelihood has half as many
CANDIDATES = (1, 2, 4, 8, 16, 32, 64)
ACCEPTANCES = (1.0, 0.75, 0.5, 0.25, 0.1, 0.05)
COUNT = 10_000  # samples, by which the gain is measured
_DRAWS = 20_000  # of the other candidates' weights
_HALVINGS = 60
_WIDTH = 64

_NAMES_MODEL = "lstm(units=128, layers=1)"
_RECURRENT = (
    f'text_gan(generator="{_NAMES_MODEL}", discriminator="recurrent", width=128, dropout=0.3)'
)
# Of surnames: a published generator, and what its discriminator is.
NAMES = {
    "surnames_lstm": ("surnames_lstm", _RECURRENT),
    "surnames_gan": ("surnames_gan", _RECURRENT),
    "surnames_gan, likelihood ratio": (
        "surnames_gan", f'likelihood_ratio_gan(generator="{_NAMES_MODEL}")',
    ),
}  # fmt: skip
SAMPLERS = ("ancestral()", "refine(candidates=8)", "refine(acceptance=0.25)")
TEXT_METRICS = (
    *("bleu", "self_bleu", "distinct", "length_tv", "lm_score", "reverse_lm_score"),
    "novelty",  # the ratio was trained with the data as real: it may prefer copies of them
)
TEXT_MEASURES = (
    *("bleu_4", "self_bleu_4", "distinct_2", "length_tv", "lm_score", "reverse_lm_score"),
    "novelty",
)
IMAGE_MEASURES = ("lenet_fd", "precision", "recall", "density", "coverage")
ACCEPTED = 0.25  # of images
_FEATURE_UNITS = 64


def _settings(data, seed, **others):
    return zoo.Experiment(data=data, decay="cosine", clip_norm=1.0, seed=seed, sample_every=0,
                          **others)  # fmt: skip


def likelihood(
    data: str, model: str, seed: int, folder: pathlib.Path, steps: int, batch_size: int = 256,
    learning_rate: float = 5e-3,
) -> Run:  # fmt: skip
    """Trains a sequence model by maximum likelihood."""
    settings = _settings(
        data, seed, model=model, objective="maximum_likelihood", steps=steps,
        batch_size=batch_size, learning_rate=learning_rate, average_decay=0.99,
    )  # fmt: skip
    return zoo.train(settings, str(folder))


def ratio(
    generator: Run, pair: str, folder: pathlib.Path, steps: int, batch_size: int = 256,
    begun: str | None = None, until: int | None = None,
) -> Run:  # fmt: skip
    """Trains the density ratio of a run's data and samples.

    Args:
        generator: the run whose samples they are.
        pair: the spec of generator and discriminator, with {} for the generator's.
        folder: the run folder.
        steps: the number of steps at whose end the learning rate is 0.
        batch_size: data, and samples, per step.
        begun: the run that initialises the discriminator.
        until: the step to stop at; None: the last one.
    """
    made = generator.experiment
    settings = _settings(
        made.data, made.seed, model=pair.format(made.model),
        objective="density_ratio", steps=until or steps, decay_steps=steps, batch_size=batch_size,
        learning_rate=2e-3, init_from=str(generator.folder.path), init_discriminator_from=begun,
    )  # fmt: skip
    return zoo.train(settings, str(folder))


def known(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log P, log Q and the calibrated log density ratio of all texts, float64 [3125] each."""
    texts = all_texts(misspecified.SIZE, misspecified.LENGTH)
    logs = [np.float64(f(texts).numpy()) for f in (run.dataset.log_prob, run.generator.log_prob)]
    log_p, log_q = (each - np.logaddexp.reduce(each) for each in logs)
    return log_p, log_q, run.log_density_ratio(texts, calibrated=True)


def accepted(log_q: np.ndarray, log_ratio: np.ndarray, acceptance: float) -> np.ndarray:
    """The distribution of samples that are accepted with probability min(1, c e^r).

    Args:
        log_q: log Q of all texts.
        log_ratio: r of all texts.
        acceptance: E_Q[min(1, c e^r)], by which c is found.

    Returns:
        Log-probabilities of all texts, float64.
    """
    q = np.exp(log_q)
    low, high = math.log(acceptance) - np.max(log_ratio), -np.min(log_ratio)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rate = q @ np.exp(np.minimum(0, middle + log_ratio))
        low, high = (middle, high) if rate < acceptance else (low, middle)
    return scipy.special.log_softmax(log_q + np.minimum(0, high + log_ratio))


def resampled(log_q: np.ndarray, log_ratio: np.ndarray, candidates: int) -> np.ndarray:
    """The distribution of one of K candidates, chosen with probabilities proportional to e^r.

        Q(x) e^{r(x)} E[K / (e^{r(x)} + Σ_{k<K} e^{r(x_k)})],    x_k independent draws from Q

    where the expectation is a mean over 20,000 draws.

    Args:
        log_q: log Q of all texts.
        log_ratio: r of all texts.
        candidates: K.

    Returns:
        Log-probabilities of all texts, float64.
    """
    random = np.random.default_rng(0)
    others = np.zeros(_DRAWS)
    for _ in range(candidates - 1):
        others += np.exp(random.choice(log_ratio, size=_DRAWS, p=np.exp(log_q)))
    weights = np.exp(log_ratio)
    share = np.array([np.mean(1 / (weight + others)) for weight in weights])
    return scipy.special.log_softmax(log_q + log_ratio + np.log(share))


def of_known(run: Run) -> dict:
    """Exact divergences of plain and refined samples, and the gain that the metric predicts."""
    log_p, log_q, log_ratio = known(run)

    def measured(log_x):
        return misspecified.divergences_of(log_p, log_x)

    predicted = evaluate(run, splits=("test",), metrics=("refinement_gain",), count=COUNT)
    sampler = f"refine(candidates={CANDIDATES[3]})"
    drawn = run.dataset.log_prob(dataclasses.replace(run, sampler=sampler).draw(COUNT, seed=1))
    one_of = resampled(log_q, log_ratio, CANDIDATES[3])
    return {
        "plain": measured(log_q),
        "refined": measured(scipy.special.log_softmax(log_q + log_ratio)),
        "candidates": {str(k): measured(resampled(log_q, log_ratio, k)) for k in CANDIDATES},
        "acceptance": {str(a): measured(accepted(log_q, log_ratio, a)) for a in ACCEPTANCES},
        "predicted": {name: (m.value, m.standard_error) for name, m in predicted.items()},
        # E[-log P] of samples that were drawn, and as it should be.
        "drawn": [float(-np.mean(drawn)), float(np.std(drawn) / math.sqrt(COUNT))],
        "to_be_drawn": float(-np.exp(one_of) @ log_p),
    }


def complete_known(source: str, record: dict, path: pathlib.Path, options) -> None:
    """Trains and measures the ratios of one source."""
    data = misspecified.SOURCES[source]
    if source not in record["optima"]:
        chains, log_p = Chains(misspecified.SIZE, misspecified.LENGTH, 1), None
        log_p = misspecified.log_probabilities(source)
        record["optima"][source] = {
            str(pi): misspecified.divergences_of(
                log_p, chains.log_prob(chains.optimum(log_p, pi)).numpy()
            )
            for pi in (0.1, 0.5, 0.9)
        }
    for seed in options.seeds:
        key = f"{source}, seed {seed}"
        if key in record["runs"]:
            continue
        folder, steps = options.workdir / source / f"seed_{seed}", options.steps or STEPS
        begun = likelihood(data, misspecified.GENERATOR, seed, folder / "generator", steps // 2)
        pair = f'text_gan(generator="{{}}", discriminator="recurrent", width={_WIDTH})'
        run = ratio(begun, pair, folder / "recurrent", steps)
        record["runs"][key] = {"source": source, "seed": seed, "steps": steps, **of_known(run)}
        write_json(path, record)
        print(line(key, record["runs"][key]), flush=True)


def line(key: str, found: dict) -> str:
    """A row of Markdown: exact fall and predicted gain, and both divergences before and after."""
    gain, error = found["predicted"]["refinement_gain"]
    cells = [f"{fall(found):.3f}", f"{gain:.3f} ± {error:.3f}"]
    for kl in ("kl_p_q", "kl_q_p"):
        each = found["plain"], found["refined"], found["candidates"]["8"]
        cells += [f"{one[kl]:.3f}" for one in (*each, found["acceptance"]["0.25"])]
    return f"| {key} | {' | '.join(cells)} |"


def fall(found: dict) -> float:
    """KL[P‖Q] - KL[P‖Q_r], exact."""
    return found["plain"]["kl_p_q"] - found["refined"]["kl_p_q"]


def complete_surnames(record: dict, path: pathlib.Path, options) -> None:
    """Refines the published models of surnames."""
    for name, (generator, pair) in NAMES.items():
        key = f"surnames, {name}"
        if key in record["runs"]:
            continue
        steps = options.steps or 1000
        settings = _settings(
            "surnames", 0, objective="density_ratio", steps=steps, batch_size=64,
            learning_rate=1e-3, init_from=generator, init_discriminator_from="surnames_lstm",
            model=pair,
        )  # fmt: skip
        folder = name.replace(", ", "_").replace(" ", "_")
        run = zoo.train(settings, str(options.workdir / "surnames" / folder))
        gains = evaluate(
            run, splits=("test",), metrics=("refinement_gain", "divergence_bound"),
            count=9 * options.count,
        )  # fmt: skip
        measured = {}
        for sampler in SAMPLERS:
            refined = dataclasses.replace(run, sampler=sampler)
            found = evaluate(refined, splits=("test",), metrics=TEXT_METRICS, count=options.count)
            measured[sampler] = {each: found[each].value for each in TEXT_MEASURES}
            measured[sampler]["samples"] = refined.samples(8)
        record["runs"][key] = {
            "steps": steps,
            "measured": measured,
            "ceilings": {each: found[each].ceiling for each in TEXT_MEASURES},
            "predicted": {name: (m.value, m.standard_error) for name, m in gains.items()},
        }
        write_json(path, record)
    for name in NAMES:
        print(f"\n{name}\n\n" + text_table(record["runs"][f"surnames, {name}"]), flush=True)


def text_table(found: dict) -> str:
    """Formats the measures of each sampler in Markdown, with the ceilings of other real texts."""
    lines = [f"| sampler | {' | '.join(TEXT_MEASURES)} |", "|---" * (len(TEXT_MEASURES) + 1) + "|"]
    rows = {f"`{sampler}`": each for sampler, each in found["measured"].items()}
    for name, each in (rows | {"other real texts": found["ceilings"]}).items():
        lines.append(f"| {name} | {' | '.join(f'{each[m]:.3f}' for m in TEXT_MEASURES)} |")
    for name, (value, error) in found["predicted"].items():
        lines.append(f"\n{name} {value:.3f}" + (f" ± {error:.3f}" if error is not None else ""))
    return "\n".join(lines)


def of_features(run: Run, count: int) -> tuple:
    """Fits the density ratio on the classifier's features, by a small network.

    It is fitted to training images and as many samples, and calibrated on validation images.

    Returns:
        A function from images to r, float64 [count].
    """
    from sklearn.neural_network import MLPClassifier

    from zoo.metrics.base import lenet

    real = run.dataset.train.batch(0, count, 0).numpy()
    both = np.concatenate([lenet.features(real), lenet.features(run.draw(count, seed=2))])
    center, scale = both.mean(axis=0), both.std(axis=0) + 1e-6
    network = MLPClassifier((_FEATURE_UNITS,), early_stopping=True, random_state=0)
    network.fit((both - center) / scale, np.repeat([1, 0], count))

    def raw(images):
        odds = network.predict_log_proba((lenet.features(images) - center) / scale)
        return odds[:, 1] - odds[:, 0]

    held_out = run.dataset.validation.batch(0, calibration.COUNT, 0).numpy()
    temperature = calibration.temperature(raw(held_out), raw(run.draw(calibration.COUNT, seed=3)))
    return lambda images: raw(images) / temperature


def chosen(log_ratio: np.ndarray, acceptance: float, seed: int) -> np.ndarray:
    """Indices of the candidates that are accepted with probability min(1, c e^r)."""
    count = len(log_ratio)
    uniform = np.full(count, -math.log(count))
    kept = accepted(uniform, log_ratio, acceptance) + math.log(count * acceptance)
    return np.flatnonzero(np.log(np.random.default_rng(seed).uniform(size=count)) < kept)


def complete_mnist(record: dict, path: pathlib.Path, options) -> None:
    """Refines a small DCGAN by the ratio from pixels and from features."""
    if "mnist" not in record["runs"]:
        settings = zoo.Experiment(
            data="mnist", model="dcgan(width=16)", objective="generalised_js(pi=0.5, r1=0.1)",
            steps=options.steps or 2500, batch_size=64, learning_rate=1e-3, decay="cosine",
            optimizer="adam(beta_1=0.5)", average_decay=0.999, sample_every=0,
        )  # fmt: skip
        game = zoo.train(settings, str(options.workdir / "mnist" / "game"))
        settings = dataclasses.replace(
            settings, objective="density_ratio", steps=options.steps or 1500, optimizer="adam",
            average_decay=0.0, init_from=str(game.folder.path),
        )  # fmt: skip
        run = zoo.train(settings, str(options.workdir / "mnist" / "ratio"))
        gains = evaluate(run, splits=("test",), metrics=("refinement_gain", "divergence_bound"),
                         count=options.count)  # fmt: skip
        ceiling = of_real_examples(run.dataset, "test", options.count, seed=0)
        pool = run.draw(math.ceil(1.2 * options.count / ACCEPTED), seed=4)
        ratios = {
            "pixels": run.log_density_ratio(pool, calibrated=True),
            "features": of_features(run, 2 * options.count)(pool),
        }
        kept = {"plain": np.arange(options.count)}
        kept |= {name: chosen(r, ACCEPTED, seed=5)[: options.count] for name, r in ratios.items()}
        record["runs"]["mnist"] = {
            "measured": {"other real images": _of_images(ceiling)}
            | {name: _of_images(ceiling.of(pool[rows])) for name, rows in kept.items()},
            "predicted": {name: (m.value, m.standard_error) for name, m in gains.items()},
        }
        write_json(path, record)
    print(image_table(record["runs"]["mnist"]), flush=True)


def _of_images(comparison):
    found = [metrics.find(name).compare(comparison) for name in ("lenet_fd", "manifold")]
    return {key: m.value for each in found for key, m in each.items() if key in IMAGE_MEASURES}


def image_table(found: dict) -> str:
    """Formats the measures of images in Markdown."""
    lines = [f"| ratio from | {' | '.join(IMAGE_MEASURES)} |", "|---" * 6 + "|"]
    for name, each in found["measured"].items():
        lines.append(f"| {name} | {' | '.join(f'{each[m]:.3f}' for m in IMAGE_MEASURES)} |")
    return "\n".join(lines)


PARTS = (*misspecified.SOURCES, "surnames", "mnist")


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(misspecified.SOURCES))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--steps", type=int, help="of each run; by default as each part says")
    parser.add_argument("--count", type=int, default=1000, help="samples that are measured")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/refinement"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Trains, measures, plots and prints; see the module docstring."""
    options = arguments_of(given)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "refinement.json"
    record = results.read(path, {"data": misspecified.SOURCES, "steps": options.steps})
    record.setdefault("optima", {})
    of_part = {"surnames": complete_surnames, "mnist": complete_mnist}
    for part in options.part:
        if part in of_part:
            of_part[part](record, path, options)
        else:
            complete_known(part, record, path, options)
    if record["optima"]:
        plots.save(plots.refinement(record), path.with_suffix(".png"))


if __name__ == "__main__":
    explained(main)()
