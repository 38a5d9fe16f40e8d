"""Trains the classifier of `zoo.metrics.base.lenet` on MNIST and writes its weights.

python -m experiments.train_lenet --output lenet_mnist.npz [--data_dir FOLDER]
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from zoo import randomness, spec
from zoo.data.base.splits import Dataset
from zoo.metrics.base import lenet

EPOCHS, BATCH = 20, 128


def train(dataset: Dataset, seed: int = 0) -> keras.Model:
    """Trains on the training split, with random shifts of up to two pixels.

    Args:
        dataset: the result of `zoo.data.mnist.build`.
        seed: for the weights and the shifts.

    Returns:
        The trained network.
    """
    keras.utils.set_random_seed(seed)
    model, steps = lenet.network(), EPOCHS * len(dataset.train) // BATCH
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )

    def batch(step):
        indices = dataset.train.indices(step, BATCH, seed)
        images = shifted(dataset.train.at(indices), randomness.key(seed, step, "shift"))
        return images, tf.gather(dataset.train.labels, indices)

    data = tf.data.Dataset.range(steps).map(batch, 2).prefetch(2)
    model.fit(data, shuffle=False, verbose=2)
    return model


def shifted(images: tf.Tensor, key: tf.Tensor, most: int = 2) -> tf.Tensor:
    """Shifts each image by up to `most` pixels in both directions, padding with black."""
    count, height, width, _ = images.shape
    padded = tf.pad(images, [[0, 0], [most, most], [most, most], [0, 0]])
    offsets = tf.random.stateless_uniform([count, 2], key, 0, 2 * most + 1, tf.int32)

    def crop(image_and_offset):
        image, offset = image_and_offset
        return tf.slice(image, [offset[0], offset[1], 0], [height, width, 1])

    return tf.map_fn(crop, (padded, offsets), fn_output_signature=tf.float32)


def main() -> None:
    """Trains, prints the test accuracy and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--data_dir")
    arguments = parser.parse_args()
    dataset = spec.build("data", "mnist", arguments.data_dir)
    model = train(dataset)
    logits = model.predict(dataset.test.at(tf.range(len(dataset.test))), verbose=0)
    accuracy = np.mean(np.argmax(logits, axis=-1) == dataset.test.labels)
    np.savez(arguments.output, **{str(i): w for i, w in enumerate(model.get_weights())})
    print(f"Test accuracy {accuracy:.2%}. Wrote {arguments.output}.")


if __name__ == "__main__":
    main()
