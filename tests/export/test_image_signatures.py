"""What each signature of an image model answers, in the process that has the model."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import exporting
from zoo.errors import SpecError


def ask(signatures, name, **inputs):
    """The answer of a signature, which has one output only, as an array."""
    signature = signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    (answer,) = signature.served(tensors).values()
    return answer.numpy()


def test_generate_draws_what_the_run_draws(digits_run, digits):
    images = ask(digits.signatures, "generate", seed=range(5))
    np.testing.assert_allclose(images, digits_run.samples(5), atol=1e-6)
    assert images.min() >= 0
    assert images.max() <= 1
    assert len(np.unique(images[:, 14, 14])) == 5


def test_generate_png_draws_the_same(digits):
    images = ask(digits.signatures, "generate", seed=range(3))
    files = ask(digits.signatures, "generate_png", seed=range(3))
    for image, file in zip(images, files, strict=True):
        with Image.open(io.BytesIO(file)) as picture:
            assert picture.format == "PNG"
            np.testing.assert_array_equal(np.array(picture), np.round(255 * image[..., 0]))


def test_decode_is_generate_without_the_randomness(digits_run, digits):
    latents = digits_run.generator.latents_of(tf.range(4, dtype=tf.int64))
    np.testing.assert_allclose(
        ask(digits.signatures, "decode", latent=latents),
        ask(digits.signatures, "generate", seed=range(4)),
        atol=1e-6,
    )


def test_the_log_density_ratio_is_calibrated_by_the_pi_of_the_last_step(digits_run, digits):
    images = digits_run.dataset.validation.batch(0, 8, seed=0)
    logits = digits_run.model.discriminator(images).numpy()
    pi = 0.2 + 0.3 * 2 / 9  # the third update is at step 2
    np.testing.assert_allclose(
        ask(digits.signatures, "log_density_ratio", image=images),
        logits - np.log(pi / (1 - pi)),
        rtol=1e-5,
    )


def test_no_answer_holds_nan_or_infinity(digits):
    for name, signature in digits.signatures.items():
        answer = ask(digits.signatures, name, **signature.examples)
        if answer.dtype != object:
            json.dumps(answer.tolist(), allow_nan=False)
    latents = np.array([[np.nan] * 8, [0.0] * 8, [np.inf] * 8, [100.0] * 8])
    first, second, third, fourth = ask(digits.signatures, "decode", latent=latents)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(third, fourth)


def test_pixels_outside_0_and_1_count_as_the_nearest_that_can_be(digits):
    images = np.zeros([4, 28, 28, 1])
    images[1], images[2], images[3] = np.nan, 1.0, 255.0
    ratios = ask(digits.signatures, "log_density_ratio", image=images)
    assert ratios[0] == ratios[1]
    assert ratios[2] == ratios[3]
    assert ratios[0] != ratios[2]


@pytest.mark.parametrize("name", ["generate", "decode", "log_density_ratio"])
def test_a_row_answers_alike_in_any_company(digits, name):
    examples = digits.signatures[name].examples
    together = ask(digits.signatures, name, **examples)
    for row in range(len(together)):
        alone = ask(digits.signatures, name, **{k: v[row : row + 1] for k, v in examples.items()})
        np.testing.assert_allclose(together[row], alone[0], atol=1e-5)


def test_images_have_no_sampler_and_no_length(digits_run):
    with pytest.raises(SpecError, match="draws images from noise: it has no sampler"):
        exporting.servable(digits_run, "greedy", None)
    with pytest.raises(SpecError, match="draws images: it has no length"):
        exporting.servable(digits_run, None, 3)
