"""Maximum likelihood: minimise KL[P‖Q].

Source: F. Huszár (2015), arXiv 1511.05101, section 2.
"""

from typing import Any

import tensorflow as tf

from zoo.batch import Batch
from zoo.objectives.base.contracts import LikelihoodObjective


def build() -> "MaximumLikelihood":
    """The objective E_P[-log Q(x)], which differs from KL[P‖Q] by the entropy of P."""
    return MaximumLikelihood()


class MaximumLikelihood(LikelihoodObjective):
    """Predicts every token from the real tokens before it."""

    def predict(
        self, model: Any, batch: Batch, step: int | tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Predicts the tokens of a batch; see `LikelihoodObjective.predict`.

        Args:
            model: an autoregressive model.
            batch: real examples.
            step: not used, the objective is the same at every step.
            key: int64 [2], for the model's dropout.

        Returns:
            Logits float32 [batch, time, vocabulary size], targets int32 [batch, time], and the
            token mask float32 [batch, time].
        """
        del step
        inputs, targets, token_mask = model.read(*batch)
        return model.network(inputs, key=key), targets, token_mask
