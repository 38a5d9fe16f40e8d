"""LeNet classifier of MNIST's digits, with weights that ship with the package.

Source: Y. LeCun et al., "Gradient-based learning applied to document recognition" (1998), with
ReLU, max pooling and more channels. Trained by `python -m experiments.train_lenet`.
"""

import functools
import hashlib
import importlib.resources

import keras
import numpy as np
import tensorflow as tf

WEIGHTS = importlib.resources.files(__package__) / "lenet_mnist.npz"
_BATCH = 500


def network() -> keras.Model:
    """Builds the network with new weights.

    Maps images float32 [batch, 28, 28, 1] in [0, 1] to logits [batch, 10].
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(84, activation="relu", name="features"),
            layers.Dense(10),
        ],
        name="lenet",
    )


@functools.cache
def trained() -> keras.Model:
    """The network with the weights of the package."""
    model = network()
    with importlib.resources.as_file(WEIGHTS) as path, np.load(path, allow_pickle=False) as arrays:
        model.set_weights([arrays[f"{number}"] for number in range(len(arrays.files))])
    return model


def weights_hash() -> str:
    """SHA-256 of the weights file, recorded because it decides which results are comparable."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()


def probabilities(images: np.ndarray) -> np.ndarray:
    """Classifies images; returns the probabilities of the ten digits, float32 [count, 10].

    Args:
        images: float32 [count, 28, 28, 1] in [0, 1].
    """
    return tf.nn.softmax(_in_parts(trained(), images)).numpy()


def features(images: np.ndarray) -> np.ndarray:
    """Computes the activations before the last layer, float32 [count, 84].

    Args:
        images: float32 [count, 28, 28, 1] in [0, 1].
    """
    return _in_parts(_up_to_features(), images).numpy()


@functools.cache
def _up_to_features():
    return keras.Model(trained().inputs, trained().get_layer("features").output)


def _in_parts(model, images):
    parts = [_apply(model, images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
    return tf.concat(parts, axis=0)


@tf.function(reduce_retracing=True)
def _apply(model, images):
    return model(images)
