"""Scheduled sampling of an LSTM on a known distribution.

    python -m experiments.neural --workdir runs/neural --output DIR

trains one LSTM by maximum likelihood and for several ε on the data set `oracle`, as `train.py`
would, and writes `neural.json` and `neural.png`. Run folders keep what was trained: rerun the
command to resume.

It answers three questions. Where does the objective lead: KL[P‖Q] and KL[Q‖P] at each ε, and how
much the network still uses its context. Does it cure exposure bias, for which it was invented: how
unlikely each token of its samples is, and how fast it recovers from an unlikely token inserted
into them. And does it help to anneal ε from 1 to 0, as Bengio et al. do, and to stop early, which
is Huszár's explanation of why the method won a challenge: the annealed runs are compared with
maximum likelihood stopped at the same steps.

Source: F. Huszár (2015), arXiv 1511.05101, section 2; S. Bengio et al. (2015), arXiv 1506.03099.
"""

import argparse
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

import zoo
from experiments import known_texts, plots
from zoo import spec
from zoo.data.base.splits import Dataset
from zoo.errors import explained
from zoo.runs import evaluation
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json
from zoo.trainers.autoregressive import context_use

VOCABULARY_SIZE, LENGTH = 20, 12
DATA = f"oracle(vocabulary_size={VOCABULARY_SIZE}, length={LENGTH}, count=100000)"
MODEL = "lstm(units=128, layers=1)"
STEPS, COUNT = 4000, 10_000
DISTURBED = 4  # position of the unlikely token
KEPT = (1.0, 0.75, 0.5, 0.25, 0.0)
STOPPED = (1 / 8, 1 / 4, 1 / 2, 1.0)  # shares of all steps


def constant(kept: float) -> str:
    """Objective with a constant ε."""
    if kept == 1:
        return "maximum_likelihood"
    return f"scheduled_sampling(schedule='constant', keep_probability={kept:g})"


def annealed(steps: int) -> str:
    """Objective with an ε that decreases from 1 to 0 over half of the steps."""
    return f"scheduled_sampling(schedule='linear', decrease={2 / steps:g})"


def trained(objective: str, stop: int, steps: int, workdir: pathlib.Path) -> Run:
    """Trains one objective, stopped at step `stop` of `steps`."""
    settings = zoo.Experiment(
        data=DATA,
        model=MODEL,
        objective=objective,
        steps=stop,
        batch_size=128,
        learning_rate=5e-3,
        decay="cosine",
        decay_steps=steps,
        clip_norm=1.0,
        sample_every=0,
        checkpoint_every=500,
    )
    return zoo.train(settings, str(workdir))


def measured(run: Run) -> dict:
    """Measures divergences, use of the context, and the nats of samples."""
    figures = evaluation.evaluate(
        run, splits=("test",), metrics=["exact_divergences"], count=COUNT, seed=1
    )
    samples = run.draw(COUNT // 5, seed=2)
    ancestral, seeds = spec.build("samplers", "ancestral"), tf.range(len(samples), dtype=tf.int64)

    def complete(prompts):
        lengths = tf.fill([len(prompts)], prompts.shape[1])
        return run.generator.generate(seeds, ancestral, LENGTH, prompts, lengths).tokens.numpy()

    inputs, _, weights = run.generator.read(run.dataset.test.values[: COUNT // 5])
    return {
        "kl_p_q": [figures["kl_p_q"].value, figures["kl_p_q"].standard_error],
        "kl_q_p": [figures["kl_q_p"].value, figures["kl_q_p"].standard_error],
        "context_use": float(context_use(run.generator.network(inputs), weights)),
    } | nats(run.dataset.log_prob, samples, complete)


def of_data(dataset: Dataset) -> dict:
    """Measures the same nats for P itself."""

    def complete(prompts):
        return known_texts.continued(dataset.log_prob, prompts, LENGTH, VOCABULARY_SIZE, seed=2)

    return nats(dataset.log_prob, dataset.test.values[: COUNT // 5], complete)


def of_marginals(dataset: Dataset) -> dict:
    """Measures the same as `measured` for the product of the marginals."""
    product = known_texts.Marginals(dataset.train.values, VOCABULARY_SIZE)
    texts, samples = dataset.test.values, product.draw(COUNT, seed=1)
    log_ratios = {
        "kl_p_q": dataset.log_prob(texts).numpy() - product.log_prob(texts),
        "kl_q_p": product.log_prob(samples) - dataset.log_prob(samples).numpy(),
    }

    def complete(prompts):
        unread = product.draw(len(prompts), seed=2)[:, prompts.shape[1] :]
        return np.concatenate([prompts, unread], axis=-1)

    figures = {name: list(_mean(values)) for name, values in log_ratios.items()}
    return figures | {"context_use": 0.0} | nats(dataset.log_prob, samples[: COUNT // 5], complete)


def nats(log_prob: Callable, samples: np.ndarray, complete: Callable) -> dict:
    """Nats per position of samples under P, undisturbed and after a disturbance, with errors.

    Args:
        log_prob: P's.
        samples: texts.
        complete: a function from prefixes to complete texts.
    """
    prompts = known_texts.disturbed(log_prob, samples, DISTURBED, VOCABULARY_SIZE)
    own = known_texts.nats_by_position(log_prob, samples)
    after = known_texts.nats_by_position(log_prob, complete(prompts))[:, DISTURBED + 1 :]
    (value, error), (value_after, error_after) = _mean(own), _mean(after)
    return {
        "nats": value.tolist(),
        "nats_error": error.tolist(),
        "nats_after": value_after.tolist(),
        "nats_after_error": error_after.tolist(),
    }


def _mean(values):
    """Mean over texts, and its standard error."""
    return np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(len(values))


def main(arguments: list[str] | None = None) -> None:
    """Trains, measures and writes; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="for the run folders")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    options = parser.parse_args(arguments)
    options.workdir.mkdir(parents=True, exist_ok=True)
    options.output.mkdir(parents=True, exist_ok=True)
    steps, stops = options.steps, [round(share * options.steps) for share in STOPPED]
    wanted = {f"ε = {kept:g}": (constant(kept), steps) for kept in KEPT}
    wanted |= {f"likelihood, {stop} steps": (constant(1), stop) for stop in stops[:-1]}
    wanted |= {f"annealed, {stop} steps": (annealed(steps), stop) for stop in stops}
    found = {}
    for name, (objective, stop) in wanted.items():
        folder = options.workdir / name.replace(" ", "_").replace(",", "")
        run = trained(objective, stop, steps, folder)
        found[name] = measured(run)
        kl_p_q, kl_q_p = found[name]["kl_p_q"], found[name]["kl_q_p"]
        print(f"{name:<26} KL[P‖Q] {kl_p_q[0]:.4f}  KL[Q‖P] {kl_q_p[0]:.4f}", flush=True)
    found |= {"data": of_data(run.dataset), "product of marginals": of_marginals(run.dataset)}
    record = {"data": DATA, "model": MODEL, "steps": steps, "stops": stops, "found": found}
    write_json(options.output / "neural.json", record)
    plots.save(plots.neural(KEPT, stops, found, DISTURBED), options.output / "neural.png")


if __name__ == "__main__":
    explained(main)()
