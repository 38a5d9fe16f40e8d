"""What each signature of an autoregressive image model answers, in the process that has it."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import likelihood_image_signatures
from zoo import domains, spec


def ask(signatures, name, **inputs):
    """The answer of a signature as a dict of arrays, errors decoded."""
    signature = signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    answer = {key: rows.numpy() for key, rows in signature.served(tensors).items()}
    errors = {"error": [error.decode() for error in answer["error"]]} if "error" in answer else {}
    return answer | errors


@pytest.fixture(scope="module")
def grey():
    """A model of 2×3 images with 256 levels and no classes."""
    model = spec.build("models", "lstm(units=8, layers=1)", domains.Image((2, 3, 1)))
    return model, likelihood_image_signatures.build(model).signatures


@pytest.fixture(scope="module")
def colours():
    """A model of 4×3 images in eight colours."""
    domain = domains.Image((4, 3, 3), binary=True)
    model = spec.build("models", "lstm(units=8, layers=1)", domain)
    return model, likelihood_image_signatures.build(model).signatures


@pytest.fixture(scope="module")
def images(bits_run):
    batch, labels = bits_run.dataset.validation.labelled_batch(0, 6, seed=0)
    return batch.numpy(), labels.numpy()


def test_generate_draws_what_the_run_draws(bits_run, bits):
    answer = ask(bits.signatures, "generate", seed=range(20), label=np.arange(20) % 10)
    np.testing.assert_array_equal(answer["image"], bits_run.samples(20))
    assert set(np.unique(answer["image"])) == {0.0, 1.0}


def test_generate_png_draws_the_same(bits):
    inputs = {"seed": [4, 5], "label": [7, 11]}
    drawn, files = (ask(bits.signatures, name, **inputs) for name in ("generate", "generate_png"))
    with Image.open(io.BytesIO(files["image_bytes"][0])) as picture:
        np.testing.assert_array_equal(np.array(picture), 255 * drawn["image"][0, ..., 0])
    assert files["image_bytes"][1] == b""


def test_score_is_the_models_log_prob_under_the_label(bits_run, bits, images):
    answer = ask(bits.signatures, "score", image=images[0], label=images[1])
    expected = bits_run.generator.log_prob(images[0], images[1])
    np.testing.assert_allclose(answer["log_prob"], expected, rtol=1e-5)
    others = ask(bits.signatures, "score", image=images[0], label=(images[1] + 1) % 10)
    assert (others["log_prob"] != answer["log_prob"]).all()


def test_complete_keeps_what_is_known_and_does_not_read_the_rest(bits, images):
    inputs = {"known_rows": [14, 0, 28, 15, 2, 1], "seed": range(6), "label": images[1]}
    answer = ask(bits.signatures, "complete", image=images[0], **inputs)
    for row, known in enumerate([14, 0, 28, 14, 2, 0]):  # patches are two rows high
        np.testing.assert_array_equal(answer["image"][row, :known], images[0][row, :known])
    hidden = images[0].copy()
    hidden[0, 14:] = np.nan
    again = ask(bits.signatures, "complete", image=hidden, **inputs)
    np.testing.assert_array_equal(again["image"], answer["image"])
    free = ask(bits.signatures, "generate", seed=[1], label=images[1][1:2])
    np.testing.assert_array_equal(answer["image"][1], free["image"][0])


def test_bad_rows_say_what_would_do_and_leave_the_others_alone(bits, images):
    batch, labels = images[0].copy(), images[1].copy()
    good = ask(bits.signatures, "score", image=batch, label=labels)
    batch[1, 3, 3], batch[2, 0, 0], labels[3] = 0.5, np.nan, 10
    answer = ask(bits.signatures, "score", image=batch, label=labels)
    pixels = "The image has pixels other than 0 and 1."
    assert answer["error"] == ["", pixels, pixels, "label should be from 0 to 9.", "", ""]
    fine = [0, 4, 5]
    np.testing.assert_allclose(answer["log_prob"][fine], good["log_prob"][fine], rtol=1e-5)
    assert (answer["log_prob"][[1, 2, 3]] == 0).all()
    inputs = {"known_rows": [-1, 29, 3], "seed": range(3), "label": [0, 1, -1]}
    errors = ask(bits.signatures, "complete", image=np.zeros_like(batch[:3]), **inputs)["error"]
    assert errors == [*["known_rows should be from 0 to 28."] * 2, "label should be from 0 to 9."]


def test_logits_have_neither_strings_nor_draws_and_give_the_score(bits_run, bits, images):
    model = bits_run.generator
    tokens = model.to_tokens(tf.constant(images[0])).numpy()
    starts = model.sequence.vocabulary.start + images[1]
    read = np.concatenate([starts[:, None], tokens[:, :-1]], axis=1)
    answer = ask(bits.signatures, "logits", tokens=read)
    assert answer.keys() == {"logits"}
    log_probs = tf.nn.log_softmax(answer["logits"].astype(float)).numpy()
    scored = np.take_along_axis(log_probs, tokens[:, :, None], axis=-1).sum(axis=(1, 2))
    expected = ask(bits.signatures, "score", image=images[0], label=images[1])["log_prob"]
    np.testing.assert_allclose(scored, expected, rtol=1e-5)


def test_tokens_that_cannot_stand_there_are_read_as_the_nearest(bits):
    vocabulary = bits.run.generator.sequence.vocabulary
    tokens = np.zeros([2, bits.run.generator.sequence.length], int)
    tokens[:, 0] = 0, vocabulary.start + 99
    tokens[:, 1] = -5, vocabulary.size
    nearest = tokens.copy()
    nearest[:, 0] = vocabulary.start, vocabulary.start + 9
    nearest[:, 1] = 0, vocabulary.size - 1
    bad, good = (
        ask(bits.signatures, "logits", tokens=each)["logits"] for each in (tokens, nearest)
    )
    np.testing.assert_array_equal(bad, good)


def test_a_model_without_classes_takes_no_label(grey):
    model, signatures = grey
    assert all("label" not in signature.inputs for signature in signatures.values())
    images = np.random.default_rng(0).integers(256, size=(5, 2, 3, 1)) / 255
    images = images.astype(np.float32)
    answer = ask(signatures, "score", image=images)
    np.testing.assert_allclose(answer["log_prob"], model.log_prob(images), rtol=1e-5)
    (error,) = ask(signatures, "score", image=images[:1] + 0.4 / 255)["error"]
    assert error == "The image has pixels other than 0, 1/255, ..., 1."


def test_colours_keep_their_channels(colours):
    model, signatures = colours
    drawn, files = (ask(signatures, name, seed=[0, 1]) for name in ("generate", "generate_png"))
    assert drawn["image"].shape == (2, 4, 3, 3)
    for image, file in zip(drawn["image"], files["image_bytes"], strict=True):
        with Image.open(io.BytesIO(file)) as picture:
            assert picture.mode == "RGB"
            np.testing.assert_array_equal(np.array(picture), 255 * image)
    pure = np.float32(np.eye(3)[:, None, None, :] * np.ones([3, 4, 3, 1]))  # red, green, blue
    answer = ask(signatures, "score", image=pure)
    np.testing.assert_allclose(answer["log_prob"], model.log_prob(pure), rtol=1e-5)
    completed = ask(signatures, "complete", image=pure, known_rows=[2] * 3, seed=range(3))
    assert completed["error"] == [""] * 3
    np.testing.assert_array_equal(completed["image"][:, :2], pure[:, :2])


def test_a_row_answers_alike_in_any_company(bits, images):
    inputs = {"image": images[0], "known_rows": [14] * 6, "seed": range(6), "label": images[1]}
    together = ask(bits.signatures, "complete", **inputs)["image"]
    for row in range(6):
        alone = ask(bits.signatures, "complete", **{k: v[row : row + 1] for k, v in inputs.items()})
        np.testing.assert_array_equal(alone["image"][0], together[row])


def test_every_number_in_the_answers_to_the_examples_is_valid_json(bits, grey):
    for signatures in (bits.signatures, grey[1]):
        for name, signature in signatures.items():
            answer = ask(signatures, name, **signature.examples)
            numbers = [v.tolist() for v in answer.values() if getattr(v, "dtype", "") == "f"]
            json.dumps(numbers, allow_nan=False)
