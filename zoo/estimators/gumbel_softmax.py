"""The Gumbel-softmax gradient of E_Q[g] for sequences of tokens: low variance, and biased.

Source: E. Jang et al., "Categorical Reparameterization with Gumbel-Softmax", arXiv 1611.01144
(2016), section 2.2 for "straight-through"; C. Maddison et al., "The Concrete Distribution", arXiv
1611.00712 (2016); a temperature that falls by a factor: W. Nie et al., "RelGAN" (ICLR 2019),
section 2.3; noise given the token: M. Paulus et al., arXiv 2010.04838 (2020), section 3.
"""

from collections.abc import Callable

import tensorflow as tf

from zoo import randomness, replicas, samplers
from zoo.batch import Batch
from zoo.errors import require
from zoo.estimators.base.contracts import Estimator
from zoo.models.base.sequence_model import SequenceModel

_NOISE = 0  # a number for keys


class GumbelSoftmax(Estimator):
    """Straight-through: the forward pass uses tokens, the backward pass a softmax.

        y = one_hot(x) + s - stop_gradient(s),    s = softmax((log Q(·|x_{<t}) + G) / τ)

    with Gumbel noise G given that log Q + G is largest at x_t: (x, G) is distributed as if the
    noise had come first and the token from it. The gradient of the mean of g(y) has no large
    variance, and a bias for two reasons: g is known to be right at tokens only, not between
    them; and each token's gradient flows through the discriminator, not through what the
    generator reads afterwards. The lower the temperature τ, the less the first and the more the
    variance.

    g is that of the whole text. The discriminator has to take relaxed tokens.
    """

    generator_type = SequenceModel
    relaxes = True

    def __init__(self, temperature: tuple[float, float], temperature_steps: int):
        self._temperature, self._temperature_steps = temperature, temperature_steps

    def temperature_at(self, step: int | tf.Tensor):
        """τ at a training step, an integer or an integer tensor []: a float32 tensor []."""
        first, last = (tf.constant(end, tf.float32) for end in self._temperature)
        if self._temperature_steps == 0:
            return last
        moved = tf.minimum(tf.cast(step, tf.float32) / self._temperature_steps, 1.0)
        return first ** (1 - moved) * last**moved

    def loss(
        self,
        generator: SequenceModel,
        score: Callable,
        key: tf.Tensor,
        count: int,
        step: int | tf.Tensor,
    ) -> tf.Tensor:
        """The mean score of a batch of samples.

        Args:
            generator: a model of texts.
            score: gives g, float32 [count, times], of texts as relaxed tokens, float32 [count,
                time, size].
            key: int64 [2], see `zoo.randomness`.
            count: the number of samples.
            step: the training step, an integer tensor [].

        Returns:
            float32 [], whose gradient with respect to the weights of `generator` is a biased
            estimate of that of E_Q[g].
        """
        texts = generator.sample(key, count).values
        log_q = tf.nn.log_softmax(generator.drawing_logits(texts))
        largest = perturbed(texts, tf.stop_gradient(log_q), randomness.fold(key, _NOISE))
        # Tokens that are never drawn have log Q = -inf, and no gradient.
        moving = tf.where(tf.math.is_finite(log_q), log_q - tf.stop_gradient(log_q), 0.0)
        soft = tf.nn.softmax((largest + moving) / self.temperature_at(step))
        hard = tf.one_hot(texts, log_q.shape[-1])
        return tf.reduce_mean(score(Batch(hard + (soft - tf.stop_gradient(soft))))[:, -1])


def perturbed(tokens: tf.Tensor, log_probs: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """log Q + G with Gumbel noise G, given the token at which it is largest.

        -log E_0 there,    -log(E_0 + E_i / Q_i) at all other tokens i

    with independent E of the exponential distribution.

    Args:
        tokens: int32 [...].
        log_probs: log Q, float32 [..., size], normalised.
        key: int64 [2].

    Returns:
        float32 [..., size]; -inf where Q is 0.
    """
    least = tf.cast(tf.one_hot(tokens, log_probs.shape[-1]), tf.bool)
    first, others = (
        _exponential(randomness.fold(key, number), shape)
        for number, shape in enumerate([tf.shape(tokens), tf.shape(log_probs)])
    )
    later = tf.where(least, 0.0, others * tf.exp(-log_probs))
    return -tf.math.log(first[..., None] + later)


def _exponential(key, shape):
    """Draws for this replica's rows, of which there are shape[0]."""
    return replicas.own_rows(
        lambda rows: randomness.exponential(key, tf.concat([[rows], shape[1:]], axis=0)), shape[0]
    )


def build(*, temperature: float | list[float] = 1.0, temperature_steps: int = 0) -> GumbelSoftmax:
    """The straight-through Gumbel-softmax estimator.

    Args:
        temperature: τ, at least 1e-6; or [first, last], to move it by the same factor at each step.
        temperature_steps: the number of steps from first to last; τ stays at last afterwards.

    Raises:
        SpecError: a temperature below 1e-6 or not finite, or a schedule that is incomplete.
    """
    scheduled = isinstance(temperature, (list, tuple))
    ends = tuple(temperature) if scheduled else (temperature, temperature)
    require(
        len(ends) == 2 and temperature_steps >= 0 and scheduled == (temperature_steps > 0),
        f"gumbel_softmax: temperature={temperature!r} with temperature_steps={temperature_steps} "
        "is neither a constant, such as temperature=1.0, nor a schedule, such as "
        "temperature=[1.0, 0.1], temperature_steps=20000.",
    )
    require(
        all(end != 0 and samplers.is_temperature(end) for end in ends),
        f"gumbel_softmax: temperature={temperature!r} should be finite and at least 1e-6.",
    )
    return GumbelSoftmax(ends, temperature_steps)
