"""The score-function gradient of expectations over samples that cannot be differentiated.

    ∇ E_Q[c(x)] = E_Q[(c(x) - b) ∇ log Q(x)]

for each constant b, and for each token on its own: the weight of a token's log-probability may
leave out all costs that were settled before the token.

Source: R. J. Williams, "Simple statistical gradient-following algorithms for connectionist
reinforcement learning", Machine Learning 8 (1992).
"""

import tensorflow as tf

from zoo import replicas


def surrogate(log_probs: tf.Tensor, costs: tf.Tensor) -> tf.Tensor:
    """Zero, whose gradient is the score-function estimate: mean over texts of Σ_t c_t ∇ log q_t.

    Args:
        log_probs: log Q(x_t | x_{<t}), float32 [batch, time], 0 for masked tokens.
        costs: c_t, less a baseline, float32 [batch, time]; no gradient flows through them.

    Returns:
        float32 [].
    """
    through = tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(costs) * log_probs, axis=-1))
    return through - tf.stop_gradient(through)


def leave_one_out(costs: tf.Tensor) -> tf.Tensor:
    """Mean cost of the other texts at each time, a baseline that does not depend on the text.

    In a step that replicas share, the other texts are those of all replicas.

    Args:
        costs: float [batch, time].

    Returns:
        The same shape; 0 where there is no other text.

    Source: W. Kool, H. van Hoof and M. Welling, "Buy 4 REINFORCE samples, get a baseline for
    free!", ICLR workshop (2019), eq. 8.
    """
    others = tf.shape(costs)[0] * replicas.count() - 1
    sums = replicas.total(tf.reduce_sum(costs, axis=0)) - costs
    return tf.where(others > 0, sums / tf.cast(tf.maximum(others, 1), costs.dtype), 0.0)
