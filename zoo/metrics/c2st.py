"""Accuracy of a new classifier that separates samples from held-out data."""

import functools
import math

import keras
import numpy as np
import tensorflow as tf

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import lenet
from zoo.metrics.base.contracts import is_anything

_BATCH, _EPOCHS, _STEPS, _RATE = 64, 20, (100, 1000), 2e-3


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Runs the classifier two-sample test: accuracy 0.5 is chance, 1 is perfect separation.

    Unlike a GAN's discriminator, this classifier has never seen the generator during training, and
    it is tested on new examples: it is trained on one half of the samples and real examples and
    tested on the other. Its input is pixels or tokens. Images of MNIST's shape are classified by a
    fine-tuned LeNet (which detected more differences than the same network with new weights, and
    than its last features alone), other images by two new convolutional layers, texts by a
    convolution over five tokens with max pooling, points by two layers of 64 units. More samples
    train a better classifier, so values at different counts are not comparable.

    Args:
        comparison: a `zoo.metrics.Comparison` of at least two samples.

    Returns:
        `c2st`, the classifier's accuracy on the test half. The standard error is binomial.

    Raises:
        SpecError: fewer than two samples.

    Source: D. Lopez-Paz and M. Oquab (2017), arXiv 1610.06545, section 3.
    """
    comparison.require_count(2, "c2st")
    half = comparison.count // 2
    both = comparison.real, comparison.generated
    train = np.concatenate([each[:half] for each in both])
    test = np.concatenate([each[half:] for each in both])
    classifier = _network(comparison.domain, comparison.seed)
    _train(classifier, train, _labels(train), comparison.seed)
    logits = tf.function(classifier)(test).numpy()[:, 0]
    value = float(np.mean((logits > 0) == _labels(test)))
    error = math.sqrt(value * (1 - value) / len(test))
    unit = "accuracy, 0.5 = chance"
    return {"c2st": Measurement(value, unit, error, len(test), comparison.split, "lower")}


METRIC = SampleMetric(is_anything, compare)


def _labels(examples):
    """Labels of examples whose first half is real, float32 [count]."""
    return np.repeat(np.float32([1, 0]), len(examples) // 2)


def _train(classifier, examples, labels, seed):
    """Trains on shuffled minibatches; starting `fit` takes as long as this loop in all."""
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
    """Row indices of each minibatch, all of one size."""
    size = min(_BATCH, count)
    steps = int(np.clip(_EPOCHS * count // size, *_STEPS))
    epochs = [generator.permutation(count) for _ in range(steps * size // count + 1)]
    return np.concatenate(epochs)[: steps * size].reshape(steps, size)


def _network(domain, seed):
    """Builds the classifier, examples to logits of being real [batch, 1]; new weights by `seed`."""
    new = functools.partial(keras.initializers.GlorotUniform, seed)
    if domain.kind == "text":
        return _of_texts(domain.vocabulary.size, new)
    if domain.kind == "points":
        return _of_points(domain.dimension, new)
    return _of_digits(new) if domain.shape == (28, 28, 1) else _of_images(domain.shape, new)


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
