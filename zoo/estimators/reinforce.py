"""The score-function gradient of E_Q[g] for sequences of tokens.

Source: R. J. Williams (1992), see `zoo.functional.score_function`; scores of prefixes with a
discount and a moving average: C. de Masson d'Autume et al., "Training Language GANs from Scratch",
arXiv 1905.09922 (2019), eq. 2 and 3; completions: L. Yu et al., "SeqGAN", arXiv 1609.05473 (2016),
eq. 4.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import keras
import tensorflow as tf

from zoo import randomness, replicas
from zoo.batch import Batch
from zoo.errors import require
from zoo.estimators.base.contracts import Estimator
from zoo.functional.cross_entropy import cross_entropy
from zoo.functional.score_function import leave_one_out, surrogate
from zoo.models.base.sequence_model import SequenceModel

Rewards = Literal["whole", "prefixes"]
Baseline = Literal["leave_one_out", "moving_average", "none"]

_ROLLOUTS = 0  # a number for keys
_DECAY = 0.9  # of a moving average


class Reinforce(Estimator):
    """REINFORCE, in which each token's log-probability is weighted by the reward credited to it.

        ∇ E_Q[g(x)] = E_Q[Σ_t (c_t - b_t) ∇ log Q(x_t | x_{<t})]

    c_t, the cost credited to token t, is

        whole       g(x_{≤T}), that of the whole text
        prefixes    1/T Σ_{s≥t} discount^{s-t} g(x_{≤s})

    and with rollouts the mean of this over completions of x_{≤t} that are drawn from Q. Tokens
    after the end of a text are masked.

    "whole" is unbiased for the gradient of E_Q[g(x_{≤T})], and "prefixes" without a discount for
    that of the mean over all times t of E_Q[g(x_{≤t})], where a text that has ended stays what it
    is. Neither rollouts nor a baseline changes this. With a discount below 1 the estimate is
    biased: the costs of later prefixes count less than they should.

    Args:
        rewards: see `build`, as `discount` and `rollouts`.
        discount: of later prefixes.
        baseline: subtracted from the costs.
        rollouts: completions per prefix.

    Attributes:
        variables: those of the baseline.
    """

    generator_type = SequenceModel

    def __init__(self, rewards: Rewards, discount: float, baseline: "CostBaseline", rollouts: int):
        self._rewards, self._discount, self._rollouts = rewards, discount, rollouts
        self._baseline, self.variables = baseline, baseline.variables

    def loss(
        self,
        generator: SequenceModel,
        score: Callable,
        key: tf.Tensor,
        count: int,
        step: int | tf.Tensor,
    ) -> tf.Tensor:
        """The mean cost of texts, with the estimate as its gradient.

        Args:
            generator: a model of texts.
            score: gives g, float32 [count, times], of texts and of their prefixes.
            key: int64 [2], see `zoo.randomness`.
            count: the number of samples.
            step: the training step, an integer tensor [].

        Returns:
            float32 [].
        """
        texts = generator.sample(key, count).values
        token_mask = generator.token_mask(texts)
        log_probs = -token_mask * cross_entropy(texts, generator.drawing_logits(texts))
        costs = tf.stop_gradient(self._costs(generator, texts, score, key))
        advantages = costs - self._baseline(costs, token_mask, step)
        return tf.reduce_mean(costs[:, 0]) + surrogate(log_probs, advantages)

    def _costs(self, generator, texts, score, key):
        """c_t, float32 [count, time]."""
        if self._rollouts == 0:
            return self.costs_to_go(score(Batch(texts)))
        count, time = tf.unstack(tf.shape(texts))
        shape = [count, time, self._rollouts, time]
        prefixes = tf.repeat(texts, time * self._rollouts, axis=0)
        known = tf.tile(tf.repeat(tf.range(1, time + 1), self._rollouts), [count])
        completed = generator.completions(prefixes, known, randomness.fold(key, _ROLLOUTS))
        costs = tf.reshape(self.costs_to_go(score(Batch(completed))), shape)
        # At the time up to which each was known.
        return tf.linalg.diag_part(tf.reduce_mean(costs, axis=2))

    def costs_to_go(self, scores: tf.Tensor) -> tf.Tensor:
        """Computes c_t, the cost credited to each token, without rollouts and baseline.

        Args:
            scores: g of all prefixes, float32 [count, time].

        Returns:
            float32 [count, time].
        """
        if self._rewards == "whole":
            return tf.broadcast_to(scores[:, -1:], tf.shape(scores))
        time = tf.range(tf.shape(scores)[1], dtype=scores.dtype)
        later = time[:, None] - time  # [s, t]
        weights = tf.where(later >= 0, self._discount ** tf.maximum(later, 0), 0)
        return tf.matmul(scores, weights) / tf.cast(tf.size(time), scores.dtype)


class CostBaseline:
    """The number that is subtracted from costs to lower the variance: by default 0.

    Attributes:
        variables: its state.
    """

    variables: Sequence[keras.Variable] = ()

    def __call__(self, costs: tf.Tensor, token_mask: tf.Tensor, step: int | tf.Tensor):
        """The baseline of a batch, of a shape that `costs` broadcasts with.

        Args:
            costs: float32 [batch, time].
            token_mask: float32 [batch, time].
            step: the training step, an integer tensor [].
        """
        del costs, token_mask, step
        return 0.0


class LeaveOneOut(CostBaseline):
    """The mean cost of the other texts of the batch at each time."""

    def __call__(self, costs: tf.Tensor, token_mask: tf.Tensor, step: int | tf.Tensor):
        """See `CostBaseline`."""
        del token_mask, step
        return leave_one_out(costs)


class MovingAverage(CostBaseline):
    """The mean cost of the steps before: b <- decay b + (1 - decay) mean cost.

    The decay at step i is min(decay, (1 + i) / (10 + i)), so that the first value, 0, is soon
    forgotten. The mean is that over all replicas.

    Attributes:
        variables: the average.
    """

    def __init__(self, decay: float):
        self._decay = decay
        average = keras.Variable(0.0, trainable=False, name="baseline", aggregation="mean")
        self.variables = [average]

    def __call__(self, costs: tf.Tensor, token_mask: tf.Tensor, step: int | tf.Tensor):
        """The average before this step, float32 []; this step's costs then become part of it."""
        (average,) = self.variables
        before, step = tf.identity(average.value), tf.cast(step, tf.float32)
        decay = tf.minimum(self._decay, (1.0 + step) / (10.0 + step))
        sums = replicas.mean([tf.reduce_sum(token_mask * costs), tf.reduce_sum(token_mask)])
        mean = sums[0] / sums[1]
        average.assign(before + (1.0 - decay) * (mean - before))
        return before


def build(
    *,
    rewards: Rewards = "whole",
    discount: float = 1.0,
    baseline: Baseline = "leave_one_out",
    baseline_decay: float = _DECAY,
    rollouts: int = 0,
) -> Reinforce:
    """REINFORCE for texts.

    Args:
        rewards: the reward credited to a token, see `Reinforce`: the score of the "whole" text,
            or the discounted scores of all "prefixes" from that token on.
        discount: the factor per time step, above 0 and at most 1, which is unbiased; for
            "prefixes" alone.
        baseline: what is subtracted from the costs to lower the variance: the mean of the other
            texts of the batch at each time, "leave_one_out"; the "moving_average" of the steps
            before; or "none".
        baseline_decay: of the moving average, at least 0 and below 1.
        rollouts: completions of each prefix that are drawn from Q and scored instead of the text
            itself. Their number is batch size × length × rollouts. 0: none.

    Raises:
        SpecError: a number out of its range, a discount where there is nothing to discount, or a
            decay of no moving average.
    """
    require(0 < discount <= 1, f"reinforce: discount={discount} should be above 0 and at most 1.")
    require(
        discount == 1 or rewards == "prefixes",
        f"reinforce: discount={discount} needs rewards='prefixes'; there is one score of a "
        "whole text.",
    )
    require(
        0 <= baseline_decay < 1,
        f"reinforce: baseline_decay={baseline_decay} should be at least 0 and below 1.",
    )
    require(
        baseline == "moving_average" or baseline_decay == _DECAY,
        f"reinforce: baseline_decay={baseline_decay} needs baseline='moving_average'.",
    )
    require(rollouts >= 0, f"reinforce: rollouts={rollouts} should be at least 0.")
    baselines = {
        "leave_one_out": LeaveOneOut,
        "moving_average": lambda: MovingAverage(baseline_decay),
        "none": CostBaseline,
    }
    return Reinforce(rewards, discount, baselines[baseline](), rollouts)
