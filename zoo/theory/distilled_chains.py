"""Ends of distillation where teacher and data are known and the student is a Markov chain.

T is the teacher, S the student, x_{<t} a prefix and w its weight: (1 - λ) P(x_{<t}) + λ S(x_{<t}).

    L(S, w) = Σ_t Σ_{x_{<t}} w(x_{<t}) D_t,    D_t = JS_π[T(·|x_{<t})‖S(·|x_{<t})] / (π(1 - π))

Distillation that stops the gradient at the prefix ends where S minimises L(·, w) at its own w: a
fixed point, not a minimum. With the gradient through prefixes it ends at the least L(S, w(S)); at
λ = 1 and π = 1 this is the least KL[S‖T] of whole texts.

Source: R. Agarwal et al., arXiv 2306.13649 (2023), for the loss; everything is summed over all
texts.
"""

import itertools

import numpy as np
import scipy.special
import tensorflow as tf

from zoo import divergences
from zoo.theory.chains import Chains, descent, minimum

_MOST_ROUNDS, _LEAST_CHANGE = 500, 1e-9


class DistilledChains:
    """Distillation of Markov chains from a teacher.

    Args:
        chains: the class of students.
        log_p: log P of all texts of the data, float64 [texts].
        log_t: log T of all texts of the teacher, float64 [texts].
    """

    def __init__(self, chains: Chains, log_p: np.ndarray, log_t: np.ndarray):
        self._chains, self._log_t = chains, log_t
        self._length = chains.texts.shape[1]
        self._size = round(len(chains.texts) ** (1 / self._length))
        of_data, of_teacher = self._prefixes(log_p), self._prefixes(log_t)
        self._data = np.exp(np.concatenate(of_data[:-1]))
        self._next = np.concatenate(
            [after.reshape(-1, self._size) - before[:, None]
             for before, after in itertools.pairwise(of_teacher)]
        )  # fmt: skip
        self._contexts = np.concatenate(
            [self._of_each(chains.contexts[:, t], t) for t in range(self._length)]
        )

    def loss(self, logits: tf.Tensor, prefixes: tf.Tensor, pi: float, own: float) -> tf.Tensor:
        """Computes L(S, w), float64 [].

        Args:
            logits: the student's, float64 [contexts, vocabulary size].
            prefixes: the logits of the student that writes the prefixes, of the same shape.
            pi: π in [0, 1], the weight of the teacher; 0: KL[T‖S], 1: KL[S‖T].
            own: λ in [0, 1], the share of prefixes that the student writes.
        """
        log_s = tf.gather(tf.nn.log_softmax(logits), self._contexts)
        if pi == 0:
            nats = divergences.kl(self._next, log_s)
        elif pi == 1:
            nats = divergences.reverse_kl(self._next, log_s)
        else:
            nats = divergences.generalised_js(self._next, log_s, pi, "normalised")
        weights = (1 - own) * self._data + own * self._written(prefixes)
        return tf.reduce_sum(weights * nats)

    def fixed_point(self, pi: float, own: float) -> np.ndarray:
        """Finds where distillation without the gradient through prefixes ends; returns the logits.

        Each round minimises the loss with the prefixes of the round before.

        Raises:
            ArithmeticError: the rounds do not come to rest.
        """
        descend = descent(lambda logits, prefixes: self.loss(logits, prefixes, pi, own))
        logits = self._chains.maximum_likelihood(self._log_t)
        for _ in range(_MOST_ROUNDS):
            before, (logits, _) = logits, descend(logits, logits)
            now, then = (scipy.special.softmax(each, axis=-1) for each in (logits, before))
            if np.max(np.abs(now - then)) < _LEAST_CHANGE:
                return logits
        raise ArithmeticError(f"No fixed point of pi={pi}, own={own} in {_MOST_ROUNDS} rounds.")

    def optimum(self, pi: float, own: float) -> np.ndarray:
        """Finds the least loss with the gradient through prefixes; returns the logits."""
        return minimum(lambda s: self.loss(s, s, pi, own), self._chains.starts(self._log_t))

    def _written(self, logits):
        """S(x_{<t}) of all prefixes, float64 [prefixes]."""
        log_tokens = self._chains.log_tokens(logits)
        before = tf.exp(tf.cumsum(log_tokens, axis=-1, exclusive=True))
        return tf.concat([self._of_each(before[:, t], t) for t in range(self._length)], axis=0)

    def _prefixes(self, log_prob):
        """Log-probabilities of the prefixes of each length t, from 0 on."""
        lengths = range(self._length + 1)
        return [np.logaddexp.reduce(log_prob.reshape(self._size**t, -1), axis=1) for t in lengths]

    def _of_each(self, values, t):
        """One of equal values of all texts for each of their prefixes of t tokens."""
        return values[:: self._size ** (self._length - t)]
