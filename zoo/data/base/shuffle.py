"""Keyed permutations of the rows of a data set, one for each epoch, evaluated row by row."""

import math

import tensorflow as tf

from zoo import randomness

_ROUNDS = 16


@tf.function(reduce_retracing=True)  # some 400 small operations, which are slow one by one
def shuffled(offsets: tf.Tensor, epochs: tf.Tensor, count: int, key: tf.Tensor) -> tf.Tensor:
    """Computes the rows at some offsets of the orders of some epochs.

    A row is written as l · b + r with l below a and r below b, a · b ≥ count, and goes through
    the rounds of a Feistel network, alternately

        l ← (l + F(r)) mod a    and    r ← (r + F(l)) mod b,

    with a function F for each epoch and round: a bijection of a · b numbers, repeated where it
    leads to one that is not below `count`. No order is held in memory, and the batch of any step
    is computed without those before it.

    Args:
        offsets: int64 [batch], in [0, count).
        epochs: int64 [batch].
        count: the number of rows.
        key: a stateless random key, int64 [2].

    Returns:
        int64 [batch]: for each epoch a permutation of [0, count).

    Source: J. Black and P. Rogaway, "Ciphers with arbitrary finite domains" (2002), section 5,
    the generalised Feistel cipher.
    """
    height = math.isqrt(count - 1) + 1 if count > 1 else 1
    width = -(-count // height)
    keys = _round_keys(epochs, key)

    def permuted(rows):
        halves, sizes = [rows // width, rows % width], (height, width)
        for number in range(_ROUNDS):
            mine, other = number % 2, 1 - number % 2
            added = _function(halves[other], keys[0][:, number], keys[1][:, number])
            halves[mine] = (halves[mine] + added) % sizes[mine]
        return halves[0] * width + halves[1]

    def body(rows, outside):
        rows = tf.where(outside, permuted(rows), rows)
        return rows, rows >= count

    start = offsets, tf.ones_like(offsets, tf.bool)
    return tf.while_loop(lambda _, outside: tf.reduce_any(outside), body, start)[0]


def _round_keys(epochs, key):
    """Derives two words for each epoch and round, uint32 [batch, rounds]."""
    secret = randomness.threefry(randomness.words(key[0]), randomness.words(key[1]))
    low, high = randomness.words(epochs)
    own = randomness.threefry(secret, (low[:, None], high[:, None]))
    rounds = tf.range(_ROUNDS)
    return randomness.threefry(own, (tf.cast(rounds, tf.uint32), tf.zeros([_ROUNDS], tf.uint32)))


def _function(values, first, second):
    """Hashes int64 values below 2³² by two words, int64 [batch].

    Its steps are the multiplications and shifts that close MurmurHash3 (A. Appleby).
    """
    mixed = tf.cast(values, tf.uint32) * _word(0x9E3779B1) + first
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ tf.bitwise.right_shift(mixed, _word(shift)) ^ second) * _word(factor)
    return tf.cast(mixed ^ tf.bitwise.right_shift(mixed, _word(16)), tf.int64)


def _word(number):
    return tf.constant(number, tf.uint32)
