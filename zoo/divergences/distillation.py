"""Generalised Jensen-Shannon divergence between a teacher and a student, as a Keras loss."""

import keras
import tensorflow as tf
from keras import ops

from zoo.divergences import exact


@keras.saving.register_keras_serializable(package="zoo")
class GeneralisedJensenShannon(keras.losses.Loss):
    """Generalised JS divergence JS_π[teacher‖student] over the last axis of their logits.

    π -> 0 is the forward KL[teacher‖student], which is mode-covering; π -> 1 the reverse KL, which
    is mode-seeking. "normalised" keeps the size of the gradient between the two. Known in
    language-model distillation as the generalised JSD(β), β = π.

    Args:
        pi: the weight of the **teacher**, a number in (0, 1).
        scale: "raw", "normalised" or "bounded", see `zoo.divergences.generalised_js`.
        name: the loss's name.
        reduction: as of every `keras.losses.Loss`; masks and `sample_weight` [batch, ...] are
            applied to the divergences, one per position.
        dtype: the type to compute in, `keras.config.floatx()` if None.

    Called with teacher logits (`y_true`) and student logits (`y_pred`), both
    [batch, ..., outcomes]; a logit of -inf excludes an outcome. Returns nats.

    Raises:
        ValueError: `pi` is not in (0, 1), or `scale` is none of the three; when it is called, the
            shapes of teacher and student differ.

    Example:
        >>> student.compile("adam", loss=GeneralisedJensenShannon(pi=0.1, scale="normalised"))
        >>> student.fit(tokens, teacher.predict(tokens))

    Within `keras.distillation.LogitsDistillation(temperature=T)`, Keras 3.15 multiplies by T² only
    for `KLDivergence`. Give the factor as a weight; both have to be lists, since a single loss is
    weighted by 1 whatever is given:

        >>> soft = keras.distillation.LogitsDistillation(4.0, loss=GeneralisedJensenShannon(0.1))
        >>> keras.distillation.Distiller(
        ...     teacher, student, [soft], distillation_loss_weights=[4.0**2]
        ... )

    Source: F. Huszár (2015), arXiv 1511.05101, equation 12; as a distillation loss R. Agarwal
    et al. (2023), arXiv 2306.13649.
    """

    def __init__(
        self,
        pi: float,
        scale: exact.Scale = "raw",
        reduction: str | None = "sum_over_batch_size",
        name: str = "generalised_jensen_shannon",
        dtype: str | keras.DTypePolicy | None = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        exact.kl_weights(exact.checked_pi(pi), scale)
        self.pi, self.scale = float(pi), scale

    def call(self, y_true: exact.TensorLike, y_pred: exact.TensorLike) -> tf.Tensor:
        """Computes one divergence per position, [batch, ...]."""
        names = "the teacher's logits (y_true)", "the student's (y_pred)"
        y_true, y_pred = exact.of_one_shape(y_true, y_pred, names)
        log_p, log_q = ops.log_softmax(y_true), ops.log_softmax(y_pred)
        return exact.generalised_js(log_p, log_q, self.pi, self.scale)

    def get_config(self) -> dict:
        """Arguments that rebuild this loss."""
        return {**super().get_config(), "pi": self.pi, "scale": self.scale, "dtype": self.dtype}
