"""Top-k sampling draws from the k most likely tokens by their renormalised probabilities."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError
from zoo.samplers.top_k import keep_top_k

LOGITS = tf.random.stateless_normal([50, 9], [4, 2])


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_the_k_most_likely_tokens_keep_their_ratios(k):
    changed = tf.nn.softmax(spec.build("samplers", f"top_k(k={k})")(LOGITS)).numpy()
    for before, after in zip(tf.nn.softmax(LOGITS).numpy(), changed, strict=True):
        kept = np.sort(np.argsort(before)[-k:])
        np.testing.assert_array_equal(np.flatnonzero(after), kept)
        np.testing.assert_allclose(after[kept], before[kept] / before[kept].sum(), rtol=1e-5)


def test_temperature_changes_the_ratios_and_not_the_choice():
    cold = spec.build("samplers", "top_k(k=3, temperature=0.5)")(LOGITS).numpy()
    plain = spec.build("samplers", "top_k(k=3)")(LOGITS).numpy()
    np.testing.assert_allclose(cold, 2 * plain, rtol=1e-6)


def test_more_than_all_and_none_are_all():
    for k in (9, 10, 0, -1):
        np.testing.assert_array_equal(keep_top_k(LOGITS, tf.fill([50], k)), LOGITS)


def test_each_row_has_its_own_k():
    kept = tf.math.is_finite(keep_top_k(LOGITS, tf.range(50) % 9 + 1)).numpy()
    np.testing.assert_array_equal(kept.sum(axis=-1), np.arange(50) % 9 + 1)


def test_of_equals_at_the_border_all_stay():
    kept = tf.math.is_finite(keep_top_k(tf.constant([[3.0, 1.0, 1.0, 0.0]]), tf.constant([2])))
    np.testing.assert_array_equal(kept, [[True, True, True, False]])


def test_a_number_beyond_32_bits_keeps_all():
    found = spec.build("samplers", f"top_k(k={10**11})")(LOGITS)
    np.testing.assert_array_equal(found, LOGITS)


@pytest.mark.parametrize("arguments", ["k=0", "k=3, temperature=1e999"])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(SpecError, match="should be"):
        spec.build("samplers", f"top_k({arguments})")
