"""What a trained run completes, and the most probable of what it could write."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import SpecError


@pytest.fixture(scope="module")
def pixels(tiny_run):
    return tiny_run(data="mnist_5k(binary=True)", model="lstm(units=8, layers=1, patch=[2, 4])")


@pytest.fixture(scope="module")
def pairs(tiny_run):
    """Trained until its four texts have probabilities that differ."""
    return tiny_run(
        data="pairs(joint=[[0.05, 0.3], [0.4, 0.25]])",
        model="table",
        steps=30,
        batch_size=16,
        learning_rate=0.1,
    )


def test_completions_keep_the_known_rows_of_test_images(pixels):
    images, completed = pixels.complete(known_rows=15, count=6)
    np.testing.assert_array_equal(images, pixels.dataset.test.at(tf.range(6)))
    # Of rows whole patches of two are kept: 14.
    np.testing.assert_array_equal(completed[:, :14], images[:, :14])
    assert (completed[:, 14:] != images[:, 14:]).any()
    assert set(np.unique(completed)) <= {0.0, 1.0}


def test_another_seed_completes_the_same_images_otherwise(pixels):
    first, again, other = (pixels.complete(14, 4, seed=seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_all_rows_known_leave_nothing_to_draw(pixels):
    images, completed = pixels.complete(known_rows=28, count=3)
    np.testing.assert_array_equal(completed, images)


@pytest.mark.parametrize(
    ("known_rows", "count", "message"),
    [(29, 2, "from 0 to 28"), (-1, 2, "from 0 to 28"), (14, 10_000, "count=10000 is more")],
)
def test_what_cannot_be_completed_is_refused(pixels, known_rows, count, message):
    with pytest.raises(SpecError, match=message):
        pixels.complete(known_rows, count)


def test_texts_have_no_rows(pairs):
    with pytest.raises(SpecError, match="completes no images"):
        pairs.complete(14, 2)


def test_the_most_probable_texts_are_those_of_the_whole_domain(pairs):
    """A beam as wide as the domain finds every text with its own log-probability."""
    found = pairs.most_probable(beam_width=4)
    domain = np.array(list(itertools.product([0, 1], repeat=2)), np.int32)
    nats = pairs.generator.log_prob(domain).numpy()
    order = np.argsort(-nats)
    assert [text.split() for text, _ in found] == [list(map(str, domain[i])) for i in order]
    np.testing.assert_allclose([each for _, each in found], nats[order], rtol=1e-5)


def test_a_prompt_is_kept_and_not_counted(pairs):
    (text, nats), *_ = pairs.most_probable(beam_width=2, prompt="1")
    domain = np.array([[1, 0], [1, 1]], np.int32)
    joint = np.exp(pairs.generator.log_prob(domain).numpy())
    assert text.split()[0] == "1"
    assert nats == pytest.approx(np.log(joint.max() / joint.sum()), rel=1e-5)
