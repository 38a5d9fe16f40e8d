"""What sets the residual pair apart; `test_convolutional.py` has what it shares."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec


@pytest.mark.parametrize(("spectral", "num_normalised"), [(False, 0), (True, 9)])
def test_spectral_normalisation_is_of_every_kernel(spectral, num_normalised):
    """Of eight convolutions and of the last layer."""
    text = f"resnet_gan(width=4, spectral_normalisation={spectral})"
    pair = spec.build("models", text, domains.Image((28, 28, 1)))
    kernels = [x for x in pair.discriminator.stages[0].layers if hasattr(x, "kernel")]
    assert len(kernels) == 9
    assert sum(hasattr(layer, "u") for layer in kernels) == num_normalised


def test_the_generator_normalises_twice_in_each_block_and_once_after_them():
    pair = spec.build("models", "resnet_gan(width=4)", domains.Image((28, 28, 1)))
    layers = pair.generator.network.layers
    assert sum(isinstance(x, keras.layers.BatchNormalization) for x in layers) == 2 * 2 + 1


def test_a_convolution_of_one_place_may_come_before_upsampling_and_after_pooling():
    """What shortcuts do, at a quarter of the cost."""
    images = tf.random.stateless_uniform([2, 8, 6, 3], [1, 2])
    convolution = keras.layers.Conv2D(5, 1)
    for resize in (keras.layers.UpSampling2D(), keras.layers.AveragePooling2D(2)):
        np.testing.assert_allclose(
            resize(convolution(images)), convolution(resize(images)), atol=1e-5
        )
