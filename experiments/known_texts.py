"""Texts of a distribution P of which every probability is known, and what is done to them.

Texts are int32 [count, length]; log P of texts of any length is a function `log_prob`.
"""

import numpy as np


def nats_by_position(log_prob, tokens: np.ndarray) -> np.ndarray:
    """-log P(x_t | x_{<t}) of texts, float64 [count, length]."""
    prefixes = [log_prob(tokens[:, : t + 1]).numpy() for t in range(tokens.shape[1])]
    return -np.diff(np.float64(prefixes), axis=0, prepend=0.0).T


def disturbed(log_prob, tokens: np.ndarray, position: int, size: int) -> np.ndarray:
    """The beginnings of texts, int32 [count, position + 1], that end with their unlikeliest symbol.

    The last one of the `size` symbols is that which P finds the least likely after those before.
    """
    return _followed(
        tokens[:, :position], np.argmin, _log_next(log_prob, tokens[:, :position], size)
    )


def continued(log_prob, tokens: np.ndarray, length: int, size: int, seed: int) -> np.ndarray:
    """Texts of P, int32 [count, length], given how they begin."""
    generator = np.random.default_rng(seed)
    while tokens.shape[1] < length:
        log_next = _log_next(log_prob, tokens, size)
        # The largest of log-probabilities with Gumbel noise is a draw from them.
        tokens = _followed(tokens, np.argmax, log_next + generator.gumbel(size=log_next.shape))
    return tokens


def _followed(tokens, choose, scores):
    return np.concatenate([tokens, choose(scores, axis=-1)[:, None]], axis=-1).astype(np.int32)


def _log_next(log_prob, tokens, size):
    """log P(x_{<t}, x_t) of all symbols x_t that may follow texts, [count, size]."""
    every = np.repeat(tokens, size, axis=0)
    last = np.tile(np.arange(size, dtype=np.int32), len(tokens))[:, None]
    return log_prob(np.concatenate([every, last], axis=-1)).numpy().reshape(-1, size)


class Marginals:
    """The distribution whose symbols do not depend on each other, each as at its place in texts.

    Where scheduled sampling leads as ε -> 0. P_t is counted.

    Args:
        tokens: the texts.
        size: how many symbols there are.
    """

    def __init__(self, tokens: np.ndarray, size: int):
        self._shares = np.stack([np.bincount(column, minlength=size) for column in tokens.T])
        self._shares = self._shares / len(tokens)

    def log_prob(self, tokens: np.ndarray) -> np.ndarray:
        """Σ_t log P_t(x_t), float64 [count]."""
        with np.errstate(divide="ignore"):
            return np.log(self._shares[np.arange(tokens.shape[1]), tokens]).sum(axis=-1)

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Texts, int32 [count, length]."""
        generator = np.random.default_rng(seed)
        columns = [generator.choice(len(share), size=count, p=share) for share in self._shares]
        return np.stack(columns, axis=-1).astype(np.int32)
