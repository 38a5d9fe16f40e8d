"""Maximum likelihood: minimise KL[P‖Q].

Source: F. Huszár (2015), arXiv 1511.05101, section 2.
"""

TRAINER = "autoregressive"


def build() -> "MaximumLikelihood":
    """The objective E_P[-log Q(x)], which differs from KL[P‖Q] by the entropy of P."""
    return MaximumLikelihood()


class MaximumLikelihood:
    """Every symbol is predicted from the real symbols before it."""

    def predict(self, model, batch, step, key):
        """The logits whose cross-entropy with the targets is minimised.

        Args:
            model: an autoregressive model.
            batch: a `zoo.batch.Batch`.
            step: the training step (not used: the objective is the same at every step).
            key: a stateless key, int64 [2], for the model's dropout.

        Returns:
            Logits float32 [batch, time, size], targets int32 [batch, time], and weights
            float32 [batch, time], 0 after the end of a sequence.
        """
        del step
        inputs, targets, weights = model.read(*batch)
        return model.network(inputs, key=key), targets, weights

    def logged(self, step):
        """The figures of a training step that the objective itself decides: none."""
        del step
        return {}
