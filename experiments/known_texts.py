"""Texts from a distribution P with known probabilities, and operations on them.

Texts are int32 [count, length]; log P of texts of any length is a function `log_prob`.
"""

from collections.abc import Callable

import numpy as np


def nats_by_position(log_prob: Callable, tokens: np.ndarray) -> np.ndarray:
    """Computes -log P(x_t | x_{<t}) of texts, float64 [count, length]."""
    prefixes = [log_prob(tokens[:, : t + 1]).numpy() for t in range(tokens.shape[1])]
    return -np.diff(np.float64(prefixes), axis=0, prepend=0.0).T


def disturbed(log_prob: Callable, tokens: np.ndarray, position: int, size: int) -> np.ndarray:
    """Replaces the token at a position by the least likely one and cuts the text after it.

    Returns prefixes, int32 [count, position + 1]. The last token is the one of `size` tokens that P
    finds least likely after those before.
    """
    return _followed(
        tokens[:, :position], np.argmin, _log_next(log_prob, tokens[:, :position], size)
    )


def continued(
    log_prob: Callable, tokens: np.ndarray, length: int, size: int, seed: int
) -> np.ndarray:
    """Samples continuations of prefixes from P, int32 [count, length]."""
    generator = np.random.default_rng(seed)
    while tokens.shape[1] < length:
        log_next = _log_next(log_prob, tokens, size)
        # The argmax of log-probabilities with Gumbel noise is a sample from them.
        tokens = _followed(tokens, np.argmax, log_next + generator.gumbel(size=log_next.shape))
    return tokens


def _followed(tokens, choose, scores):
    return np.concatenate([tokens, choose(scores, axis=-1)[:, None]], axis=-1).astype(np.int32)


def _log_next(log_prob, tokens, size):
    """Computes log P(x_{<t}, x_t) for all next tokens x_t, [count, size]."""
    every = np.repeat(tokens, size, axis=0)
    last = np.tile(np.arange(size, dtype=np.int32), len(tokens))[:, None]
    return log_prob(np.concatenate([every, last], axis=-1)).numpy().reshape(-1, size)


class Marginals:
    """Product of the marginals of each position: tokens are independent of each other.

    The limit of scheduled sampling as ε -> 0. P_t is estimated by relative frequencies.

    Args:
        tokens: the texts.
        size: of the vocabulary.
    """

    def __init__(self, tokens: np.ndarray, size: int):
        self._shares = np.stack([np.bincount(column, minlength=size) for column in tokens.T])
        self._shares = self._shares / len(tokens)

    def log_prob(self, tokens: np.ndarray) -> np.ndarray:
        """Computes Σ_t log P_t(x_t), float64 [count]."""
        with np.errstate(divide="ignore"):
            return np.log(self._shares[np.arange(tokens.shape[1]), tokens]).sum(axis=-1)

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Draws texts, int32 [count, length]."""
        generator = np.random.default_rng(seed)
        columns = [generator.choice(len(share), size=count, p=share) for share in self._shares]
        return np.stack(columns, axis=-1).astype(np.int32)
