"""Training by predicting the next symbol."""

import tensorflow as tf

from zoo.trainers._trainer import Trainer, descend


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of a `zoo.models._autoregressive.Autoregressive` by a likelihood-type objective.

    Args:
        model: the network.
        objective: has `predict(model, batch, step, key)` and `logged(step)`.
        batch_size: sequences a step, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        An `Autoregressive`; compile it with an optimizer and fit it to batches of sequences.
    """
    return Autoregressive(model, objective, batch_size, seed, average_decay)


class Autoregressive(Trainer):
    """Minimises the cross-entropy of the objective's targets and the model's logits."""

    OPTIMIZERS = ("optimizer",)

    def compile(self, optimizer, **kwargs):
        """Takes the optimizer; `kwargs` go to `keras.Model.compile`."""
        super().compile(optimizer, **kwargs)
        optimizer.build(self.generator.trainable_variables)

    def train_step(self, batch):
        """One step: the objective predicts, the optimizer follows the gradient."""
        figures = self.objective.logged(self.step.value)
        with tf.GradientTape() as tape:
            logits, targets, weights = self.objective.predict(
                self.generator, batch, self.step.value, self.key("predict")
            )
            nats = weights * tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            # The mean over all positions, not over those that count: its gradient is that of the
            # mean over sequences, whatever their lengths, up to a constant factor.
            loss = tf.reduce_mean(nats)
        descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        return {"nll": tf.reduce_sum(nats) / tf.reduce_sum(weights), **figures}

    def test_step(self, batch):
        """The negative log-likelihood of held-out sequences, in nats per symbol."""
        num_symbols = tf.reduce_sum(self.generator.weights_of(batch))
        return {"nll": -tf.reduce_sum(self.generator.log_prob(batch)) / num_symbols}

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.optimizer.iterations
