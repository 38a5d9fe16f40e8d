"""What sets the DCGAN apart; `test_convolutional.py` has what it shares."""

import keras
import numpy as np
import tensorflow as tf

from zoo import domains, spec


def build(**arguments):
    keras.utils.set_random_seed(0)
    given = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return spec.build("models", f"dcgan(width=4, {given})", domains.Image((28, 28, 1)))


def test_only_what_batch_normalisation_does_not_follow_has_a_bias():
    pair = build(latent_size=6)
    assert len(pair.generator.trainable_variables) == 1 + 2 + 1 + 2 + 2
    assert len(pair.discriminator.trainable_variables) == 6


def test_spectral_normalisation_gives_every_kernel_norm_1():
    discriminator = build(spectral_normalisation=True).discriminator
    for _ in range(100):
        discriminator(tf.zeros([1, 28, 28, 1]), training=True)
    normalised = [layer for layer in discriminator.stages[0].layers if hasattr(layer, "u")]
    assert len(normalised) == 3
    for layer in normalised:
        kernel = np.asarray(layer.kernel)
        norms = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
        np.testing.assert_allclose(norms[0], 1, rtol=1e-4)  # two singular values can be close
