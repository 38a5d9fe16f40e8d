"""A training step of an LSTM language model: maximum likelihood, scheduled sampling, stock Keras.

python benchmarks/lstm_step.py --units=512

The three are timed in turn, round after round, since a machine's speed drifts; medians and ratios
of medians are printed.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from zoo import example_spec, spec
from zoo.trainers import autoregressive
from zoo.vocabulary import END, UNKNOWN, Vocabulary

BATCH, LENGTH, SYMBOLS = 64, 100, 65
OBJECTIVES = {
    "maximum likelihood": "maximum_likelihood",
    "scheduled sampling": "scheduled_sampling(keep_probability=0.5)",
}


def ours(objective, units, jit_compile):
    """A compiled step of the zoo's LSTM on two layers."""
    symbols = [UNKNOWN, END, *map(chr, range(97, 97 + SYMBOLS - 2))]
    example = example_spec.Text(Vocabulary(symbols, "character"), LENGTH, running=True)
    model = spec.build("models", f"lstm(units={units})", example)
    objective = spec.build("objectives", objective)
    trainer = autoregressive.build(model, objective, batch_size=BATCH, seed=0, average_decay=0)
    trainer.compile(keras.optimizers.Adam(global_clipnorm=1.0), jit_compile=False)
    return tf.function(trainer.train_step, jit_compile=jit_compile)


def stock(units, jit_compile):
    """A compiled step of the same network of Keras's layers."""
    layers = [keras.layers.LSTM(units, return_sequences=True) for _ in range(2)]
    embedding = keras.layers.Embedding(SYMBOLS + 1, units)
    model = keras.Sequential([embedding, *layers, keras.layers.Dense(SYMBOLS)])
    model.build((BATCH, LENGTH))
    optimizer = keras.optimizers.Adam(global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=jit_compile)
    def step(tokens):
        with tf.GradientTape() as tape:
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, model(tokens))
            loss = tf.reduce_mean(nats)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return {"nll": loss}

    return step


def main():
    """Prints seconds a step, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jit_compile", action="store_true")
    arguments = parser.parse_args()
    steps = {
        name: ours(objective, arguments.units, arguments.jit_compile)
        for name, objective in OBJECTIVES.items()
    }
    steps["stock Keras"] = stock(arguments.units, arguments.jit_compile)
    tokens = tf.random.stateless_uniform([BATCH, LENGTH], [0, 1], 2, SYMBOLS, tf.int32)
    seconds = {name: [] for name in steps}
    for _ in range(arguments.rounds + 1):
        for name, step in steps.items():
            begin = time.perf_counter()
            step(tokens)["nll"].numpy()
            seconds[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    for name, median in medians.items():
        ratio = median / medians["maximum likelihood"]
        print(f"{name:20} {median:.3f} s   {ratio:.2f} of maximum likelihood")


if __name__ == "__main__":
    main()
