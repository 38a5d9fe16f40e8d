"""Nucleus sampling draws from the smallest set of likely tokens that holds a probability."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError
from zoo.samplers.nucleus import keep_nucleus

PROBABILITIES = np.array([[0.1, 0.5, 0.15, 0.25], [0.97, 0.01, 0.01, 0.01]], np.float32)
LOGITS = tf.math.log(PROBABILITIES)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.4, [[1], [0]]),
        (0.6, [[1, 3], [0]]),
        (0.8, [[1, 2, 3], [0]]),
        (0.95, [[0, 1, 2, 3], [0]]),
        (1.0, [[0, 1, 2, 3], [0, 1, 2, 3]]),
    ],
)
def test_an_example_by_hand(p, kept):
    changed = tf.nn.softmax(spec.build("samplers", f"nucleus(p={p})")(LOGITS)).numpy()
    for before, after, inside in zip(PROBABILITIES, changed, kept, strict=True):
        np.testing.assert_array_equal(np.flatnonzero(after), inside)
        np.testing.assert_allclose(after[inside], before[inside] / before[inside].sum(), rtol=1e-5)


def test_the_nucleus_is_the_smallest_set_of_its_probability():
    logits = tf.random.stateless_normal([300, 40], [1, 2])
    probabilities = tf.nn.softmax(logits).numpy()
    kept = tf.math.is_finite(keep_nucleus(logits, tf.fill([300], 0.7))).numpy()
    held = np.sum(probabilities * kept, axis=-1)
    least = np.min(np.where(kept, probabilities, 1), axis=-1)
    assert (held >= 0.7 - 1e-6).all()
    assert (held - least < 0.7 + 1e-6).all()
    assert (np.max(np.where(kept, 0, probabilities), axis=-1) <= least).all()


def test_each_row_has_its_own_p_and_nothing_is_never_left():
    kept = tf.math.is_finite(keep_nucleus(tf.repeat(LOGITS[:1], 3, 0), tf.constant([0.0, 0.6, 2])))
    np.testing.assert_array_equal(kept.numpy().sum(axis=-1), [1, 2, 4])


def test_what_holds_exactly_p_is_all_that_is_kept():
    logits = tf.math.log([[0.5, 0.25, 0.125, 0.125]] * 2)
    kept = tf.math.is_finite(keep_nucleus(logits, tf.constant([0.5, 0.75])))
    np.testing.assert_array_equal(kept, [[True, False, False, False], [True, True, False, False]])


def test_temperature_comes_before_the_choice():
    changed = spec.build("samplers", "nucleus(p=0.6, temperature=0.5)")(LOGITS)
    np.testing.assert_array_equal(np.isfinite(changed.numpy()).sum(axis=-1), [1, 1])


@pytest.mark.parametrize(
    "arguments", ["p=0.0", "p=1.1", "p=0.5, temperature=-1.0", "p=0.5, temperature=1e-40"]
)
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(SpecError, match="should be"):
        spec.build("samplers", f"nucleus({arguments})")
