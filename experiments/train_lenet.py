"""Trains the classifier of `zoo.metrics.base.lenet` on MNIST and writes its weights.

python -m experiments.train_lenet --output lenet_mnist.npz [--data_dir FOLDER]
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from zoo import randomness, spec
from zoo.metrics.base import lenet

EPOCHS, BATCH = 20, 128


def train(dataset, seed: int = 0) -> keras.Model:
    """Trains on the training part, each image shifted by up to two pixels.

    Args:
        dataset: what `zoo.data.mnist.build` returns.
        seed: of the weights and the shifts.

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


def shifted(images, key, most: int = 2):
    """Each image moved by up to `most` pixels both ways, with black moving in."""
    count, height, width, _ = images.shape
    padded = tf.pad(images, [[0, 0], [most, most], [most, most], [0, 0]])
    places = tf.random.stateless_uniform([count, 2], key, 0, 2 * most + 1, tf.int32)

    def crop(image_and_place):
        image, place = image_and_place
        return tf.slice(image, [place[0], place[1], 0], [height, width, 1])

    return tf.map_fn(crop, (padded, places), fn_output_signature=tf.float32)


def main():
    """Trains, tells the test accuracy, writes the weights."""
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
