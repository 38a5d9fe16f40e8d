"""Every random draw of the zoo derives from a seed by stateless keys.

A key is a function of (seed, step, purpose) alone, so that a run can be killed and
resumed, and a row of a served batch answers alike in any company.

What is drawn for samples (tokens, latents, classes, candidates) comes from `uniform` and
`normal`, which compute Threefry in integer operations: TensorFlow's own stateless draws give
other numbers under XLA. Dropout masks and noise added in training keep TensorFlow's kernel,
which is several times faster and is not expected to agree between devices.
"""

import math
import zlib
from collections.abc import Callable, Sequence

import tensorflow as tf

ALGORITHM = "philox"  # pinned: "auto_select" differs between devices

# The version of the numbers that a seed stands for. A run goes on with the version that it
# began with only; 1 drew with TensorFlow's kernels everywhere, and knew 256 orders of the data.
STREAM = 2

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def key(seed: int | tf.Tensor, step: int | tf.Tensor, purpose: str):
    """The key of one purpose at one step.

    Args:
        seed: the run's seed, an integer or an integer tensor [].
        step: the training step, an integer or an integer tensor [].
        purpose: a word that sets this draw apart from all others of the step.

    Returns:
        An int64 tensor [2], the `seed` of TensorFlow's stateless operations.
    """
    return fold(tf.stack([tf.cast(seed, tf.int64), _salt(purpose)]), step)


def fold(key: tf.Tensor, number: int | tf.Tensor):
    """A new key, int64 [2], from a key and an integer."""
    return tf.random.experimental.stateless_fold_in(key, tf.cast(number, tf.int64), alg=ALGORITHM)


def threefry(key: tuple, counter: tuple) -> tuple:
    """Threefry-2x32 with 20 rounds: a keyed bijection of 64-bit counters.

    Args:
        key: two uint32 tensors.
        counter: two uint32 tensors that broadcast with them.

    Returns:
        Two uint32 tensors: 64 bits that pass for random, the same on every device.

    Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011), section 4.2.
    """
    keys = (*key, key[0] ^ key[1] ^ tf.constant(_PARITY, tf.uint32))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for number in range(1, 6):
        for rotation in _ROTATIONS[(number - 1) % 2]:
            x += y
            y = _rotated(y, rotation) ^ x
        x += keys[number % 3]
        y += keys[(number + 1) % 3] + tf.constant(number, tf.uint32)
    return x, y


def bits(keys: tf.Tensor, count: int):
    """Random bits of each key.

    Args:
        keys: int64 [..., 2].
        count: how many numbers, a Python integer or an integer tensor [].

    Returns:
        uint32 [..., count].
    """
    # Not keys[..., 0, None]: of a tensor made by tf.stack TensorFlow's graph optimizer takes the
    # part that was stacked, and loses the new axis.
    first, second = (words(part) for part in tf.unstack(tf.expand_dims(keys, -2), axis=-1))
    # Both halves of the 128 bits count: the first enciphers the second.
    half = (count + 1) // 2
    place = tf.cast(tf.range(half), tf.uint32)
    x, y = threefry(threefry(first, second), (place, tf.zeros_like(place)))
    return tf.concat([x, y], axis=-1)[..., :count]


def uniform(keys: tf.Tensor, shape: Sequence[int] | tf.Tensor):
    """Draws from the uniform distribution on [0, 1), bit for bit the same on every device.

    Args:
        keys: int64 [..., 2].
        shape: of the draw of one key: a list of integers or an integer tensor.

    Returns:
        float32 [..., *shape], multiples of 2⁻²⁴.
    """
    return _fractions(keys, shape, 24, 0.0)


def normal(keys: tf.Tensor, shape: Sequence[int] | tf.Tensor):
    """Draws from the normal distribution of mean 0 and variance 1.

    Computes √2 erf⁻¹(2u - 1) of a uniform u that is never 0 or 1: equal between devices up to
    the rounding of erf⁻¹.

    Args:
        keys: int64 [..., 2].
        shape: see `uniform`.

    Returns:
        float32 [..., *shape].
    """
    return math.sqrt(2) * tf.math.erfinv(2 * _fractions(keys, shape, 23, 0.5) - 1)


def exponential(keys: tf.Tensor, shape: Sequence[int] | tf.Tensor):
    """Draws from the exponential distribution of mean 1: -log u of a uniform u above 0.

    Args:
        keys: int64 [..., 2].
        shape: see `uniform`.

    Returns:
        float32 [..., *shape], above 0.
    """
    return -tf.math.log(_fractions(keys, shape, 23, 0.5))


def integers(keys: tf.Tensor, shape: Sequence[int] | tf.Tensor, bound: int):
    """Draws integers below a bound, int32 [..., *shape]; `keys` and `shape` as in `uniform`.

    The remainder of 32 random bits: the share of a number is within bound / 2³² of uniform.
    """
    numbers = _shaped(bits(keys, tf.reduce_prod(shape)), keys, shape)
    return tf.cast(tf.cast(numbers, tf.int64) % bound, tf.int32)


def seeds(key: tf.Tensor, count: int | tf.Tensor):
    """A seed for each row, int64 [count], from one key, int64 [2]."""
    low, high = tf.split(tf.cast(bits(key, 2 * count), tf.int64), 2)
    return tf.bitwise.bitwise_or(tf.bitwise.left_shift(high, tf.constant(32, tf.int64)), low)


def derived(seeds: tf.Tensor, number: int | tf.Tensor, purpose: str):
    """A seed for each row from its own and a number, int64 [batch]; its own for the number 0.

    Args:
        seeds: int64 [batch].
        number: from 0 to 2³¹ - 1, an integer or an integer tensor that broadcasts with `seeds`.
        purpose: as in `key`.
    """
    shift, number = tf.constant(32, tf.int64), tf.cast(number, tf.int64) + tf.zeros_like(seeds)
    second = _salt(purpose) | tf.bitwise.left_shift(number, shift)
    low, high = tf.unstack(tf.cast(bits(tf.stack([seeds, second], axis=-1), 2), tf.int64), axis=-1)
    return tf.where(number == 0, seeds, tf.bitwise.left_shift(high, shift) | low)


def rows(draw: Callable, seeds: tf.Tensor, purpose: str, shape: Sequence[int] | tf.Tensor):
    """Draws for every row from its own seed, whatever rows stand beside it.

    Args:
        draw: `uniform` or `normal`.
        seeds: int64 [batch].
        purpose: as in `key`.
        shape: the shape of one row's draw.

    Returns:
        float32 [batch, *shape].
    """
    seeds = tf.cast(seeds, tf.int64)
    return draw(tf.stack([seeds, tf.fill(tf.shape(seeds), _salt(purpose))], axis=-1), shape)


def words(numbers: tf.Tensor) -> tuple:
    """The lower and the upper half of int64 numbers, uint32 each."""
    halves = numbers, tf.bitwise.right_shift(numbers, tf.constant(32, tf.int64))
    return tuple(tf.cast(half & tf.constant(2**32 - 1, tf.int64), tf.uint32) for half in halves)


def _fractions(keys, shape, precision, offset):
    """(b + offset) / 2^precision of the uppermost bits b, float32 [..., *shape]."""
    numbers = bits(keys, tf.reduce_prod(shape))
    upper = tf.bitwise.right_shift(numbers, tf.constant(32 - precision, tf.uint32))
    # Through int32, since not all devices convert unsigned integers; no bit is lost.
    fractions = (tf.cast(tf.cast(upper, tf.int32), tf.float32) + offset) * 2.0**-precision
    return _shaped(fractions, keys, shape)


def _shaped(numbers, keys, shape):
    return tf.reshape(numbers, tf.concat([tf.shape(keys)[:-1], shape], axis=0))


def _rotated(numbers, count):
    left = tf.bitwise.left_shift(numbers, tf.constant(count, tf.uint32))
    return left | tf.bitwise.right_shift(numbers, tf.constant(32 - count, tf.uint32))


def _salt(purpose):
    return tf.constant(zlib.crc32(purpose.encode()), tf.int64)
