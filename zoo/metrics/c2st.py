"""Whether a new classifier, trained on half of them, tells samples from held-out data."""

import functools
import math

import keras
import numpy as np
import tensorflow as tf

from zoo.metrics import Measurement
from zoo.metrics.base import lenet

_BATCH, _EPOCHS, _STEPS, _RATE = 64, 20, (100, 1000), 2e-3


def applies(subject) -> bool:
    """To samples of every kind."""
    del subject
    return True


def compare(comparison) -> dict[str, Measurement]:
    """The classifier two-sample test: 1/2 means that it cannot tell, 1 that it always can.

    Unlike the discriminator of a GAN, this classifier has never seen the generator in training,
    and is tested on examples that are new to it. It looks at pixels or symbols: images of MNIST's
    shape by the layers of the network that reads digits, trained further (which found more out
    than a network with new weights, and than that network's last features alone), other images by
    two new convolutional layers, texts by a convolution over five symbols and its strongest
    response, points by two layers of 64 units. More samples train a better classifier, so values
    at different counts have nothing to do with each other.

    Args:
        comparison: a `zoo.metrics.Comparison` of at least two samples.

    Returns:
        `c2st`, the share of the other half that it tells rightly. The standard error is the
        binomial one.

    Raises:
        SpecError: fewer than two samples.

    Source: D. Lopez-Paz and M. Oquab (2017), arXiv 1610.06545, section 3.
    """
    comparison.require_count(2, "c2st")
    half = comparison.count // 2
    both = comparison.real, comparison.generated
    known = np.concatenate([each[:half] for each in both])
    new = np.concatenate([each[half:] for each in both])
    classifier = _network(comparison.example, comparison.seed)
    _train(classifier, known, _labels(known), comparison.seed)
    logits = tf.function(classifier)(new).numpy()[:, 0]
    value = float(np.mean((logits > 0) == _labels(new)))
    error = math.sqrt(value * (1 - value) / len(new))
    unit = "told rightly, 0.5 by chance"
    return {"c2st": Measurement(value, unit, error, len(new), comparison.split, "lower")}


def _labels(examples):
    """The first half of `examples` is real."""
    return np.repeat(np.float32([1, 0]), len(examples) // 2)


def _train(classifier, examples, labels, seed):
    """By minibatches in shuffled epochs; `fit` would take as long to begin as this takes in all."""
    optimizer = keras.optimizers.Adam(_RATE)
    optimizer.build(classifier.trainable_variables)

    @tf.function
    def step(batch, targets):
        with tf.GradientTape() as tape:
            logits = classifier(batch)[:, 0]
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))
        optimizer.apply(tape.gradient(loss, classifier.trainable_variables))

    for rows in _batches(len(labels), np.random.default_rng(seed)):
        step(tf.constant(examples[rows]), tf.constant(labels[rows]))


def _batches(count, generator):
    """The rows of each minibatch, all of one size."""
    size = min(_BATCH, count)
    steps = int(np.clip(_EPOCHS * count // size, *_STEPS))
    epochs = [generator.permutation(count) for _ in range(steps * size // count + 1)]
    return np.concatenate(epochs)[: steps * size].reshape(steps, size)


def _network(example, seed):
    """Examples to a logit of being real, [batch, 1]; the new weights are drawn by `seed`."""
    new = functools.partial(keras.initializers.GlorotUniform, seed)
    if example.kind == "text":
        return _of_texts(example.vocabulary.size, new)
    if example.kind == "points":
        return _of_points(example.dimension, new)
    return _of_digits(new) if example.shape == (28, 28, 1) else _of_images(example.shape, new)


def _of_texts(size, new):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([None], dtype="int32"),
            layers.Embedding(size, 32, embeddings_initializer=new()),
            layers.Conv1D(64, 5, padding="same", activation="relu", kernel_initializer=new()),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, kernel_initializer=new()),
        ]
    )


def _of_points(dimension, new):
    dense = functools.partial(keras.layers.Dense, activation="silu")
    return keras.Sequential(
        [
            keras.Input([dimension]),
            dense(64, kernel_initializer=new()),
            dense(64, kernel_initializer=new()),
            keras.layers.Dense(1, kernel_initializer=new()),
        ]
    )


def _of_digits(new):
    copy = keras.models.clone_model(lenet.trained())
    copy.set_weights(lenet.trained().get_weights())
    last = keras.layers.Dense(1, kernel_initializer=new())
    return keras.Sequential([keras.Input((28, 28, 1)), *copy.layers[:-1], last])


def _of_images(shape, new):
    layers = keras.layers
    convolution = functools.partial(
        layers.Conv2D, kernel_size=5, strides=2, padding="same", activation="relu"
    )
    return keras.Sequential(
        [
            keras.Input(shape),
            convolution(16, kernel_initializer=new()),
            convolution(32, kernel_initializer=new()),
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_initializer=new()),
            layers.Dense(1, kernel_initializer=new()),
        ]
    )
