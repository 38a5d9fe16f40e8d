"""Scheduled sampling as it is defined, token by token in NumPy."""

import numpy as np
import tensorflow as tf

from zoo import randomness, spec
from zoo.batch import Batch


def compare(model, examples, key, **options):
    """Asserts that predictions and gradient are those of the prefix that was read, taken as given.

    So the targets are the real tokens, dropout is that of a plain pass with the same key, and no
    gradient flows through what was drawn.

    Args:
        model: an autoregressive model.
        examples: their values, or a `zoo.batch.Batch`.
        key: int64 [2].
        options: of the objective, at a constant keep_probability.

    Returns:
        Where something else than the real token was read, bool [batch, time].
    """
    given = ", ".join(f"{name}={value!r}" for name, value in options.items())
    objective = spec.build("objectives", f"scheduled_sampling({given})")
    batch = Batch(*examples) if isinstance(examples, tuple) else Batch(examples)
    inputs, targets, weights = model.read(*batch)
    read = read_by_definition(model, inputs, key, **options)

    def frozen():
        return model.network(tf.constant(read), key=key), targets, weights

    def scheduled():
        return objective.predict(model, batch, 0, key)

    np.testing.assert_allclose(scheduled()[0], frozen()[0], atol=1e-5)
    np.testing.assert_allclose(_gradients(model, scheduled), _gradients(model, frozen), atol=1e-6)
    return read != inputs.numpy()


def read_by_definition(
    model, inputs, key, keep_probability, coin="token", replacement="sample", passes=None
):
    """What is read in place of the real `inputs`, each token from a whole pass of its own.

    The model predicts from what was read so far; or, with fewer passes than tokens, from what was
    read in the pass before, of which the first is the real text.
    """
    count, length = inputs.shape
    coins = _uniform(key, -1, [count, length if coin == "token" else 1])
    coins, noise = np.broadcast_to(coins, [count, length]), _uniform(key, -2, [count, length])
    exact = passes in (None, length)
    last = real = inputs.numpy()
    for _ in range(1 if exact else passes - 1):
        read = real.copy()
        for t in range(1, length):
            logits = model.network(tf.constant(read if exact else last), key=key).numpy()[:, t - 1]
            for row in np.flatnonzero(coins[:, t] >= keep_probability):
                read[row, t] = _own(logits[row].astype(np.float64), noise[row, t], replacement)
        last = read
    return last


def _own(logits, uniform, replacement):
    """What the model writes by itself."""
    if replacement == "argmax":
        return np.argmax(logits)
    return np.searchsorted(np.cumsum(np.exp(logits)) / np.exp(logits).sum(), uniform, side="right")


def _uniform(key, number, shape):
    seed = randomness.fold(key, number)
    return randomness.uniform(seed, shape).numpy()


def _gradients(model, predict):
    """Of the weighted cross-entropy, for all variables as one vector."""
    with tf.GradientTape() as tape:
        logits, targets, weights = predict()
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        loss = tf.reduce_mean(weights * nats)
    found = tape.gradient(loss, model.trainable_variables)
    return np.concatenate([tf.reshape(tf.convert_to_tensor(g), [-1]) for g in found])
