"""Descends the exact JS_π of the generator of `experiments.misspecified`, without a discriminator.

    python -m experiments.exact_descent

The same Transformer, from new weights, first descends KL[P‖Q] and then JS_π, each as a sum over all
3,125 texts, for 300 steps of Adam: nothing is sampled, and no discriminator estimates anything.
Writes exact_descent.json into docs/figures and prints a table in Markdown; three minutes on one
core.
"""

import argparse
import pathlib

import keras
import tensorflow as tf

from experiments import misspecified
from experiments.misspecified import FEW_PIS, GENERATOR, LENGTH, RATE, SIZE, SOURCES
from zoo import divergences, spec
from zoo.errors import explained
from zoo.runs.run_folder import write_json
from zoo.theory.chains import Chains, all_texts

STEPS = 300


def descend(generator, loss, steps: int) -> None:
    """Trains a generator on a function of log Q of all texts, float32 [3125]."""
    texts = tf.constant(all_texts(SIZE, LENGTH))
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps))
    variables = generator.trainable_variables
    optimizer.build(variables)

    @tf.function
    def update():
        with tf.GradientTape() as tape:
            value = loss(generator.log_prob(texts))
        optimizer.apply(tape.gradient(value, variables), variables)

    for _ in range(steps):
        update()


def ends(source: str, pis: tuple, steps: int) -> dict[str, dict[str, float]]:
    """Divergences of the generator that descended KL[P‖Q], and from there JS_π for each π."""
    keras.utils.set_random_seed(0)
    log_p = misspecified.log_probabilities(source)
    p = tf.constant(log_p, tf.float32)
    dataset = spec.build("data", misspecified.without_texts(source), None)
    generator = spec.build("models", GENERATOR, dataset.domain)
    descend(generator, lambda log_q: divergences.kl(p, log_q), steps)
    found = {"0": _measured(generator, log_p)}
    begun = generator.get_weights()
    for pi in pis:
        generator.set_weights(begun)
        descend(generator, lambda log_q, pi=pi: divergences.generalised_js(p, log_q, pi), steps)
        found[str(pi)] = _measured(generator, log_p)
    return found


def least(source: str, pi: float) -> float:
    """The least JS_π of all chains of order 1."""
    log_p, chains = misspecified.log_probabilities(source), Chains(SIZE, LENGTH, order=1)
    log_q = chains.log_prob(chains.optimum(log_p, pi)).numpy()
    return misspecified.divergences_of(log_p, log_q)[f"js_{pi}"]


def _measured(generator, log_p):
    log_q = generator.log_prob(all_texts(SIZE, LENGTH)).numpy()
    return misspecified.divergences_of(log_p, log_q)


def table(record: dict) -> str:
    """Formats the results in Markdown."""
    head = ("source", "π", "KL[P‖Q]", "KL[Q‖P]", "JS_π", "its optimum")
    lines = [head, ("---",) * len(head)]
    for source, found in record["ends"].items():
        for pi, known in record["optima"][source].items():
            run, js = found[pi], f"js_{pi}"
            cells = f"{run['kl_p_q']:.3f}", f"{run['kl_q_p']:.4f}", f"{run[js]:.4f}", f"{known:.4f}"
            lines.append((source, pi, *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(given: list[str] | None = None) -> None:
    """Descends, writes and prints; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sources", nargs="+", default=list(SOURCES), choices=list(SOURCES))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    options = parser.parse_args(given)
    record = {"steps": options.steps, "ends": {}, "optima": {}}
    for source in options.sources:
        record["optima"][source] = {str(pi): least(source, pi) for pi in FEW_PIS}
        record["ends"][source] = ends(source, FEW_PIS, options.steps)
    options.output.mkdir(parents=True, exist_ok=True)
    write_json(options.output / "exact_descent.json", record)
    print(table(record))


if __name__ == "__main__":
    explained(main)()
