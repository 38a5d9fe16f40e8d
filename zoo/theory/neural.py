"""Scheduled sampling of a neural network on a distribution that is known exactly.

    python -m zoo.theory.neural --workdir runs/neural --output DIR

trains one LSTM by likelihood and for several ε on the data set `oracle`, as `train.py` would, and
writes `neural.json` and `neural.png`. What is trained is kept in the run folders: the same command
goes on after a stop.

Two questions are asked. Where does the objective lead: KL[P‖Q] and KL[Q‖P] at each ε. And does it
cure what it was invented for, that mistakes of the model grow as it reads what it wrote: how
unlikely each symbol of its samples is, and how long it takes to recover from an unlikely symbol
that is put into them.

Source: F. Huszár (2015), arXiv 1511.05101, section 2; S. Bengio et al. (2015), arXiv 1506.03099.
"""

import argparse
import pathlib

import numpy as np
import tensorflow as tf

from zoo import evaluation, experiment, spec
from zoo.errors import explained
from zoo.run_folder import write_json
from zoo.theory import plots

VOCABULARY_SIZE, LENGTH = 20, 12
DATA = f"oracle(vocabulary_size={VOCABULARY_SIZE}, length={LENGTH}, count=100000)"
MODEL = "lstm(units=128, layers=1)"
STEPS, COUNT = 4000, 10_000
DISTURBED = 4  # the position of the unlikely symbol
KEPT = (1.0, 0.75, 0.5, 0.25, 0.0)


def objectives(steps: int) -> dict[str, tuple[str, int]]:
    """What is trained: an objective and its number of steps by a name.

    The two last ones anneal ε from 1 to 0 as Bengio et al. do: one to the end, and one stopped
    half way, which is Huszár's guess why the method won a challenge.
    """
    constant = {
        f"ε = {kept:g}": (
            f"scheduled_sampling(schedule='constant', keep_probability={kept})",
            steps,
        )
        for kept in KEPT[1:]
    }
    annealed = (
        "scheduled_sampling(schedule='linear', keep_probability=1.0, "
        f"decrease={2 / steps:g}, minimum=0.0)"
    )
    return (
        {"maximum likelihood": ("maximum_likelihood", steps)}
        | constant
        | {"annealed to 0": (annealed, steps), "annealed, stopped at 1/2": (annealed, steps // 4)}
    )


def trained(objective: str, steps: int, workdir: pathlib.Path, decay_steps: int):
    """The run of one objective."""
    settings = experiment.Experiment(
        data=DATA,
        model=MODEL,
        objective=objective,
        steps=steps,
        batch_size=128,
        learning_rate=5e-3,
        decay="cosine",
        decay_steps=decay_steps,
        clip_norm=1.0,
        sample_every=0,
        checkpoint_every=500,
    )
    return experiment.train(settings, str(workdir))


def nats_by_position(log_prob, tokens: np.ndarray) -> np.ndarray:
    """-log P(x_t | x_{<t}) of texts int32 [count, length], float64 [count, length]."""
    prefixes = [log_prob(tokens[:, : t + 1]).numpy() for t in range(tokens.shape[1])]
    return -np.diff(np.float64(prefixes), axis=0, prepend=0.0).T


def disturbed(log_prob, tokens: np.ndarray, position: int) -> np.ndarray:
    """The beginnings of texts, int32 [count, position + 1], that end with their unlikeliest symbol.

    The last symbol is the one that P finds the least likely after those before it.
    """
    every = np.repeat(tokens[:, : position + 1], VOCABULARY_SIZE, axis=0)
    every[:, position] = np.tile(np.arange(VOCABULARY_SIZE), len(tokens))
    nats = -log_prob(every).numpy().reshape(len(tokens), VOCABULARY_SIZE)
    return np.concatenate([tokens[:, :position], np.argmax(nats, -1)[:, None]], -1).astype(np.int32)


def measured(run) -> dict:
    """Divergences, and the nats of each position of samples, whole and disturbed."""
    figures = evaluation.evaluate(
        run, splits=("test",), metrics=["exact_divergences"], count=COUNT, seed=1
    )
    log_prob = run.dataset.log_prob
    samples = run.draw(COUNT // 5, seed=2)
    prompts = tf.constant(disturbed(log_prob, samples, DISTURBED))
    seeds = tf.range(len(samples), dtype=tf.int64)
    lengths = tf.fill([len(samples)], DISTURBED + 1)
    ancestral = spec.build("samplers", "ancestral")
    after = run.generator.generate(seeds, ancestral, LENGTH, prompts, lengths).tokens.numpy()
    own, recovering = nats_by_position(log_prob, samples), nats_by_position(log_prob, after)
    return {
        name: [figures[name].value, figures[name].standard_error] for name in ("kl_p_q", "kl_q_p")
    } | {
        "nats": np.mean(own, axis=0).tolist(),
        "nats_after": np.mean(recovering[:, DISTURBED + 1 :], axis=0).tolist(),
        "standard_error": float(np.std(own[:, -1]) / np.sqrt(len(own))),
    }


def of_data(run) -> dict:
    """The same nats of samples of P itself, test texts."""
    log_prob, texts = run.dataset.log_prob, run.dataset.test.values[: COUNT // 5]
    return {"nats": np.mean(nats_by_position(log_prob, texts), axis=0).tolist()}


def main(arguments=None) -> None:
    """Trains, measures, writes, see the head of this file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="for the run folders")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    options = parser.parse_args(arguments)
    options.workdir.mkdir(parents=True, exist_ok=True)
    found = {}
    for number, (name, (objective, steps)) in enumerate(objectives(options.steps).items()):
        run = trained(objective, steps, options.workdir / str(number), options.steps)
        found[name] = measured(run)
        kl_p_q, kl_q_p = found[name]["kl_p_q"], found[name]["kl_q_p"]
        print(f"{name:<26} KL[P‖Q] {kl_p_q[0]:.4f}  KL[Q‖P] {kl_q_p[0]:.4f}", flush=True)
    record = {"data": DATA, "model": MODEL, "steps": options.steps, "runs": found}
    options.output.mkdir(parents=True, exist_ok=True)
    data = of_data(run)
    write_json(options.output / "neural.json", record | {"of_data": data})
    kept = [found["maximum likelihood"], *(found[f"ε = {kept:g}"] for kept in KEPT[1:])]
    figure = plots.neural(KEPT, kept, found, data["nats"], DISTURBED)
    plots.save(figure, options.output / "neural.png")


if __name__ == "__main__":
    explained(main)()
