"""REINFORCE with a density ratio that is not learnt, for the generators of `misspecified`.

    python -m experiments.exact_ratio

What REINFORCE leaves to its optimum may come from the discriminator or from the samples. Here
log P - log Q takes the place of the discriminator, and nothing else changes: from likelihood, 3,000
steps of 512 texts by the same loss, estimator, learning rate and moving average of the weights, at
every number of tokens of context. P is the distribution of the data itself, or that of a language
model trained on them, which needs no known P. Writes exact_ratio.json into docs/figures; rerun the
command to resume: finished runs are passed over. At the end it prints the results as a table in
Markdown, beside those of `misspecified.json`.
"""

import argparse
import itertools
import json
import pathlib

import keras
import tensorflow as tf

from experiments import misspecified, results, text_kinds
from experiments.misspecified import (
    BATCH,
    CAPACITIES,
    COOLED,
    FEW_PIS,
    FEW_UNITS,
    LANGUAGE_MODEL,
    LENGTH,
    OPTIMUM,
    RATE,
    SOURCES,
    STEPS,
)
from experiments.misspecified_tables import RESULTS
from experiments.text_kinds import LIKELIHOOD
from zoo import randomness, spec
from zoo.errors import explained
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json

EXACT, OF_MODEL = "REINFORCE, exact ratio", "REINFORCE, ratio to a language model"
CONTEXTS = [capacity for capacity in CAPACITIES if capacity not in FEW_UNITS]


def train(generator, log_prob, pi: float, steps: int) -> None:
    """Trains a generator of texts by REINFORCE on JS_π, with r = log P - log Q of each sample.

    Args:
        generator: a `SequenceModel`; it has the moving average of its weights afterwards.
        log_prob: gives log P of texts.
        pi: the weight of the data.
        steps: training steps.
    """
    objective = spec.build("objectives", "generalised_js", pi=pi)
    estimator = spec.build("estimators", "reinforce")
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0, use_ema=True, ema_momentum=0.99)
    variables = generator.trainable_variables
    optimizer.build(variables)

    def score(samples):
        ratios = tf.cast(log_prob(samples.values), tf.float32) - generator.log_prob(samples.values)
        return tf.repeat(objective.generator_loss(ratios, 0)[:, None], LENGTH, axis=1)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
    def update(step):
        key = randomness.key(0, step, "samples")
        with tf.GradientTape() as tape:
            loss = estimator.loss(generator, score, key, BATCH, step)
        optimizer.apply(tape.gradient(loss, variables), variables)

    for step in range(steps):
        update(tf.constant(step, tf.int64))
    optimizer.finalize_variable_values(variables)


def trained(source: str, capacity: str, way: str, pi: float, options: argparse.Namespace) -> Run:
    """Trains the runs that REINFORCE begins with, and from there the generator; returns its run."""
    kinds = misspecified.with_ratio((), CAPACITIES[capacity], options.steps)
    folder = options.workdir / source / capacity.replace(", ", "_")
    if way == OF_MODEL:
        of_data = text_kinds.trained(LANGUAGE_MODEL, kinds, SOURCES[source], 0, folder, BATCH)
        log_prob = of_data.generator.log_prob
    else:
        log_prob = spec.build("data", misspecified.without_texts(source), None).log_prob
    run = text_kinds.trained(LIKELIHOOD, kinds, SOURCES[source], 0, folder, BATCH)
    train(run.generator, log_prob, pi, options.steps)
    return run


def complete(record: dict, path: pathlib.Path, options: argparse.Namespace) -> None:
    """Trains and measures the runs without a result, and writes the file after each."""
    every = itertools.product(options.sources, options.capacities, options.ways, FEW_PIS)
    for source, capacity, way, pi in every:
        key = f"{source}, {capacity}, {way}, π = {pi}"
        if key in record["runs"]:
            continue
        run = trained(source, capacity, way, pi, options)
        found = misspecified.of_run(run, misspecified.log_probabilities(source))
        record["runs"][key] = {
            "source": source,
            "capacity": capacity,
            "way": way,
            "pi": pi,
            **found,
        }
        write_json(path, record)
        print(key, found[f"js_{pi}"], flush=True)


def table(record: dict, learned: dict) -> str:
    """Formats JS_π in Markdown, beside what REINFORCE reaches with a discriminator.

    Args:
        record: what this program writes.
        learned: what `experiments.misspecified` writes.
    """
    ways = OPTIMUM, COOLED, "REINFORCE", EXACT, OF_MODEL
    head = ("source", "generator", "π", *ways)
    lines, found = [head, ("---",) * len(head)], {}
    for run in record["runs"].values():
        place = run["source"], run["capacity"], run["pi"]
        values = found.setdefault(place, misspecified.of_capacity(learned, *place))
        values[run["way"]] = run[f"js_{run['pi']}"]
    for (source, capacity, pi), values in found.items():
        cells = (f"{values[way]:.4f}" if way in values else "" for way in ways)
        lines.append((source, capacity, str(pi), *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(given: list[str] | None = None) -> None:
    """Trains, measures and prints; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sources", nargs="+", default=list(SOURCES), choices=list(SOURCES))
    parser.add_argument("--capacities", nargs="+", default=CONTEXTS, choices=list(CAPACITIES))
    parser.add_argument("--ways", nargs="+", default=[EXACT, OF_MODEL], choices=[EXACT, OF_MODEL])
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/misspecified"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    options = parser.parse_args(given)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "exact_ratio.json"
    record = results.read(path, {"steps": options.steps, "batch_size": BATCH})
    complete(record, path, options)
    learned = json.loads(RESULTS.read_text(encoding="utf-8"))
    print(table(record, learned))


if __name__ == "__main__":
    explained(main)()
