"""Best Markov chains for a known distribution of texts, one for each divergence.

P is known on all texts of a length, and Q is any Markov chain of a given order: too simple for P
where the order is too low. Everything is summed over all texts; nothing is sampled.

Source: F. Huszár (2015), arXiv 1511.05101, section 4: KL[P‖Q] and KL[Q‖P] have different optima
where the model cannot represent the data.
"""

import itertools
from collections.abc import Callable

import numpy as np
import scipy.optimize
import tensorflow as tf

from zoo import divergences

_RANDOM_STARTS = 2
_STARTING_TEMPERATURES = (1.0, 0.7, 0.45)


class Chains:
    """The Markov chains of one order, over all texts of a length.

    Q(x_t | ...) depends on the last `order` tokens, or on all of them at the first positions, and
    not on t otherwise. A chain is an array of logits [contexts, vocabulary size].

    Args:
        vocabulary_size: the number of tokens.
        length: the number of tokens in a text.
        order: the number of earlier tokens that a token depends on.

    Attributes:
        texts: all texts, int32 [vocabulary size ^ length, length].
        contexts: the row of logits that each token depends on, int [texts, length].
        num_contexts: the number of rows of logits.
    """

    def __init__(self, vocabulary_size: int, length: int, order: int):
        self.texts = all_texts(vocabulary_size, length)
        self._size = vocabulary_size
        start = np.full((len(self.texts), order), vocabulary_size)  # stands before the text
        padded = np.concatenate([start, self.texts], axis=1)
        windows = np.stack([padded[:, t : t + order] for t in range(length)], axis=1)
        codes = windows @ (vocabulary_size + 1) ** np.arange(order)  # [texts, length]
        found, places = np.unique(codes, return_inverse=True)
        self.num_contexts, self.contexts = len(found), places.reshape(codes.shape)
        self._entries = np.stack([self.contexts, self.texts], axis=-1)

    def log_tokens(self, logits: tf.Tensor) -> tf.Tensor:
        """Computes log Q(x_t | context), float64 [texts, length]."""
        return tf.gather_nd(tf.nn.log_softmax(logits), self._entries)

    def log_prob(self, logits: tf.Tensor) -> tf.Tensor:
        """Computes log Q(x) of all texts in nats, float64 [texts]."""
        return tf.reduce_sum(self.log_tokens(logits), axis=-1)

    def maximum_likelihood(self, log_p: np.ndarray) -> np.ndarray:
        """Computes the logits that minimise KL[P‖Q], the log relative frequencies under P.

        Args:
            log_p: log P of all texts, float64 [texts]; every context has a positive probability.
        """
        counts = np.zeros((self.num_contexts, self._size))
        np.add.at(counts, tuple(np.moveaxis(self._entries, -1, 0)), np.exp(log_p)[:, None])
        return np.log(counts / counts.sum(axis=-1, keepdims=True))

    def minimised(self, loss: Callable, log_p: np.ndarray) -> np.ndarray:
        """Minimises a function of log Q(x_t | context) over all chains.

        There can be several local minima: descent starts from the maximum-likelihood chain at
        three temperatures and from random chains, and the least value is kept.

        Args:
            loss: a function from float64 [texts, length], see `log_tokens`, to a scalar.
            log_p: log P of all texts, for the starts.

        Returns:
            The logits.
        """
        return minimum(lambda logits: loss(self.log_tokens(logits)), self.starts(log_p))

    def starts(self, log_p: np.ndarray) -> list[np.ndarray]:
        """Lists the chains that `minimised` descends from; the first is that of likelihood."""
        likelihood = self.maximum_likelihood(log_p)
        random = np.random.default_rng(0)
        tempered = [likelihood / t for t in _STARTING_TEMPERATURES]
        return tempered + [random.normal(size=likelihood.shape) for _ in range(_RANDOM_STARTS)]

    def optimum(self, log_p: np.ndarray, pi: float) -> np.ndarray:
        """Minimises JS_π[P‖Q] for 0 < π < 1, or KL[Q‖P] for π = 1; returns the logits."""

        def loss(log_tokens):
            log_q = tf.reduce_sum(log_tokens, axis=-1)
            if pi == 1:
                return divergences.reverse_kl(log_p, log_q)
            return divergences.generalised_js(log_p, log_q, pi, scale="normalised")

        return self.minimised(loss, log_p)

    def mixce(self, log_p: np.ndarray, eta: float) -> np.ndarray:
        """Minimises MixCE in the form that needs data alone; returns the logits.

            E_P[Σ_t -(η + (1 - η) q_t) log q_t],    q_t = Q(x_t | context)

        with no gradient through the factor: that of E_P[Σ_t -(η log q_t + (1 - η) q_t)].

        Args:
            log_p: log P of all texts.
            eta: η, the weight of likelihood, in (0, 1].

        Source: S. Zhang et al. (2023), arXiv 2305.16958, section 3.
        """
        return self._fitted(log_p, lambda log_q: eta * log_q + (1 - eta) * tf.exp(log_q))

    def tailr(self, log_p: np.ndarray, gamma: float) -> np.ndarray:
        """Minimises TaiLr; returns the logits.

            E_P[Σ_t -w_t log q_t],    w_t = q_t / (γ + (1 - γ) q_t)

        with no gradient through w: that of E_P[Σ_t -log(γ + (1 - γ) q_t) / (1 - γ)].

        Args:
            log_p: log P of all texts.
            gamma: γ in [0, 1); at 0 it is maximum likelihood.

        Source: H. Ji et al. (2023), arXiv 2302.13344, section 3.
        """
        return self._fitted(
            log_p, lambda log_q: tf.math.log(gamma + (1 - gamma) * tf.exp(log_q)) / (1 - gamma)
        )

    def _fitted(self, log_p, reward):
        """Maximises the expectation under P of the sum of a token's rewards."""
        p = np.exp(log_p)[:, None]
        return self.minimised(lambda log_tokens: -tf.reduce_sum(p * reward(log_tokens)), log_p)


def minimum(loss: Callable, starts: list[np.ndarray]) -> np.ndarray:
    """Minimises a function of a chain's logits by descent from each start; returns the best.

    Args:
        loss: from a float64 tensor of logits to a scalar tensor.
        starts: logits, arrays of one shape.
    """
    descend = descent(loss)
    return min(map(descend, starts), key=lambda found: found[1])[0]


def descent(loss: Callable) -> Callable:
    """Builds the function that minimises a loss by L-BFGS.

    Args:
        loss: from a float64 tensor of logits, and others, to a scalar tensor.

    Returns:
        A function from logits to start from, and the others, to a local minimum and its loss.
    """

    @tf.function
    def value_and_gradient(logits, *others):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(logits, *others)
        return value, tape.gradient(value, logits)

    def descend(start, *others):
        others = [tf.constant(other) for other in others]

        def of_vector(vector):
            logits = tf.constant(vector.reshape(start.shape))
            value, gradient = value_and_gradient(logits, *others)
            return float(value), gradient.numpy().ravel()

        options = {"maxiter": 3000, "maxfun": 3000, "ftol": 1e-12, "gtol": 1e-8}
        found = scipy.optimize.minimize(
            of_vector, start.ravel(), jac=True, method="L-BFGS-B", options=options
        )
        return found.x.reshape(start.shape), found.fun

    return descend


def all_texts(vocabulary_size: int, length: int) -> np.ndarray:
    """Lists all texts, int32 [vocabulary size ^ length, length], in lexicographic order."""
    return np.array(list(itertools.product(range(vocabulary_size), repeat=length)), np.int32)
