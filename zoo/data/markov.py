"""Texts from a Markov chain with random conditional probabilities, known exactly."""

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.data.base.splits import Dataset, Sequences
from zoo.distributions.markov_chain import MarkovChain
from zoo.domains import Text
from zoo.errors import DataError
from zoo.tokenizers.vocabulary import Vocabulary

_MOST = 10_000_000  # log-probabilities of the longest table: 80 MB


def build(
    data_dir: str | None,
    *,
    order: int = 3,
    vocabulary_size: int = 5,
    length: int = 5,
    scale: float = 1.5,
    seed: int = 0,
    count: int = 10_000,
) -> Dataset[Text]:
    """Texts of one length, drawn independently from a Markov chain.

    The distribution of a token after each choice of up to `order` tokens is the softmax of logits
    from N(0, scale²); the same at every position. The tokens are the numbers 0, 1, ... as words;
    there is neither an unknown nor an end token. The three parts are independent of each other.
    Each seed defines another P with another entropy.

    Args:
        data_dir: not used.
        order: the number of earlier tokens that a token depends on; 0: tokens are independent.
        vocabulary_size: the number of tokens.
        length: the number of tokens in a text.
        scale: the standard deviation of the logits; 0: all texts are equally likely.
        seed: the seed of the probabilities and of the texts.
        count: the number of texts in each of the three parts.

    Raises:
        DataError: a number is out of range, or there are too many conditions for a table.
    """
    for name, number in (
        ("vocabulary_size", vocabulary_size),
        ("length", length),
        ("count", count),
    ):
        if number < 1:
            raise DataError(f"markov: {name}={number} should be at least 1.")
    for name, number in (("order", order), ("scale", scale)):
        if number < 0:
            raise DataError(f"markov: {name}={number} should be at least 0.")
    if not 0 <= seed < 2**31:
        raise DataError(f"markov: seed={seed} should be at least 0 and below 2^31.")
    if vocabulary_size ** (order + 1) > _MOST:
        raise DataError(
            f"markov: order={order} with vocabulary_size={vocabulary_size} needs a table of more "
            f"than {_MOST:,} probabilities; give a lower order or fewer tokens."
        )
    chain = MarkovChain(random_tables(order, vocabulary_size, scale, seed), length)
    keys = [randomness.key(seed, part, "markov texts") for part in range(3)]
    splits = [Sequences(chain.sample(count, key)) for key in keys]
    tokens = [str(number) for number in range(vocabulary_size)]
    domain = Text(Vocabulary(tokens, "word"), length, contiguous=False)
    return Dataset(domain, *splits, log_prob=chain.log_prob)


def random_tables(order: int, vocabulary_size: int, scale: float, seed: int) -> list[np.ndarray]:
    """Draws the tables of a `MarkovChain`, of logits from N(0, scale²).

    Args:
        order: the number of earlier tokens that a token depends on.
        vocabulary_size: the number of tokens.
        scale: the standard deviation of the logits.
        seed: of the draws.

    Returns:
        Log-probabilities after 0, 1, ..., order tokens, float64 [vocabulary size] * (k + 1).
    """
    logits = [
        tf.random.stateless_normal(
            [vocabulary_size] * (read + 1),
            randomness.key(seed, read, "markov logits"),
            dtype=tf.float64,
            alg=randomness.ALGORITHM,
        )
        for read in range(order + 1)
    ]
    return [tf.nn.log_softmax(scale * each).numpy() for each in logits]
