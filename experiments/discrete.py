"""Trains the discrete analogue of Figure 1: an underfitting text model, fitted over π.

    python -m experiments.discrete --output FOLDER

P is a distribution over the 256 texts of four tokens, each of which depends on the ones before;
in Q, the model `independent`, tokens are independent. Q is fitted twice from the same start: by
descent on JS_π[P‖Q] itself, summed over all texts, and by training as `train.py` would, where P is
represented by samples and Q by a discriminator or a mediator, with each unbiased gradient
estimator. Writes `discrete.json`; rerun the command to resume.

Source: F. Huszár (2015), arXiv 1511.05101, section 4.
"""

import argparse
import itertools
import json
import pathlib
import tempfile

import numpy as np
import scipy.optimize
import tensorflow as tf

import zoo
from zoo import divergences, spec
from zoo.errors import explained
from zoo.runs.run_folder import write_json

SIZE = LENGTH = 4
ORACLE = f"oracle(vocabulary_size={SIZE}, length={LENGTH}, count={{count}})"
# Enough texts that the sampling error of P does not limit the fit.
DATA = ORACLE.format(count=200_000)
TEXTS = np.array(list(itertools.product(range(SIZE), repeat=LENGTH)), np.int32)
PIS, SEEDS, STEPS = (0.1, 0.5, 0.9), (0, 1, 2), 3000
# A mediator models all texts; a discriminator only separates two kinds of them.
_TIMES_STEPS = {"mediator": 2}
_DISCRIMINATOR = 'text_gan(generator="independent()", discriminator="recurrent", width=64)'
_MEDIATOR = 'mediated(generator="independent()", mediator="lstm(units=64, layers=1)")'


def estimators(pi: float) -> dict[str, tuple[str, str]]:
    """Model and objective of each unbiased estimator, by name."""

    def against_discriminator(estimator):
        return _DISCRIMINATOR, (
            f"generalised_js(pi={pi}, discriminator_steps=2, estimator={estimator!r})"
        )

    return {
        "reinforce": against_discriminator("reinforce()"),
        "reinforce, moving average": against_discriminator('reinforce(baseline="moving_average")'),
        "reinforce, rollouts": against_discriminator("reinforce(rollouts=1)"),
        "mediator": (_MEDIATOR, f"mediated_js(pi={pi}, future=True, mediator_steps=2)"),
    }


def probabilities() -> np.ndarray:
    """Log P of all texts, float64 [256]."""
    found = spec.build("data", ORACLE.format(count=1), None).log_prob(TEXTS).numpy()
    return np.float64(found) - np.logaddexp.reduce(np.float64(found))


def value(log_p: np.ndarray, log_q: np.ndarray, pi: float) -> float:
    """Computes JS_π[P‖Q] / (π (1 - π)) in nats."""
    return float(divergences.generalised_js(log_p, log_q, pi, scale="normalised"))


def fitted(log_p: np.ndarray, pi: float) -> np.ndarray:
    """Minimises the divergence itself from the uniform Q; returns log Q, float64 [256]."""

    def log_q(logits):
        every = tf.gather(
            tf.nn.log_softmax(tf.reshape(logits, [LENGTH, SIZE])), TEXTS.T, batch_dims=1
        )
        return tf.reduce_sum(every, axis=0)

    def loss(logits):
        logits = tf.Variable(logits)
        with tf.GradientTape() as tape:
            js = divergences.generalised_js(log_p, log_q(logits), pi, scale="normalised")
        return js.numpy(), np.ravel(tape.gradient(js, logits))

    start = np.zeros(LENGTH * SIZE)
    return log_q(scipy.optimize.minimize(loss, start, jac=True, tol=1e-12).x).numpy()


def minimum(log_p: np.ndarray, pi: float) -> float:
    """Minimum of the normalised JS_π, as found by `fitted`."""
    return value(log_p, fitted(log_p, pi), pi)


def excess(log_p: np.ndarray) -> dict[str, dict[str, float]]:
    """Excess over the minimum at one π of the optimum at another: by the π, then the other."""
    best = {pi: fitted(log_p, pi) for pi in PIS}
    return {
        str(pi): {str(other): value(log_p, best[other], pi) - value(log_p, best[pi], pi)
                  for other in PIS if other != pi}
        for pi in PIS
    }  # fmt: skip


def trained(model: str, objective: str, seed: int, steps: int) -> np.ndarray:
    """Trains one run; returns its log Q of all texts, float64 [256]."""
    settings = zoo.Experiment(
        data=DATA,
        model=model,
        objective=objective,
        steps=steps,
        batch_size=512,
        learning_rate=5e-3,
        decay="cosine",
        average_decay=0.995,
        seed=seed,
        strategy="cpu",
        jit_compile=True,  # a third of the time for roll-outs and the mediator
        sample_every=0,
        checkpoint_every=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        generator = zoo.train(settings, folder).generator
    return generator.log_prob(TEXTS).numpy().astype(np.float64)


def main(arguments: list[str] | None = None) -> None:
    """Trains, prints and writes; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for the JSON file")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "discrete.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.is_file() else []
    done = {(run["pi"], run["estimator"], run["seed"], run["steps"]) for run in runs}
    log_p = probabilities()
    others = excess(log_p)
    for seed, pi in itertools.product(options.seeds, PIS):
        least = minimum(log_p, pi)
        for name, (model, objective) in estimators(pi).items():
            steps = options.steps * _TIMES_STEPS.get(name, 1)
            run = {"pi": pi, "estimator": name, "seed": seed, "steps": steps}
            if tuple(run.values()) in done:
                continue
            log_q = trained(model, objective, seed, steps)
            run |= {"minimum": least, "value": value(log_p, log_q, pi)}
            runs.append(run)
            write_json(path, {"data": DATA, "optima_of_others": others, "runs": runs})
            above = run["value"] - least
            print(f"π = {pi}  {name:<26} seed {seed}  {least:.4f} + {above:.5f}", flush=True)


if __name__ == "__main__":
    explained(main)()
