"""Training by predicting the next symbol."""

import tensorflow as tf

from zoo.batch import Batch
from zoo.functional.cross_entropy import cross_entropy
from zoo.trainers.base.trainer import Trainer, descend


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of an autoregressive model by a likelihood-type objective.

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

    def compile(self, optimizer, **kwargs):
        """Takes the optimizer; `kwargs` go to `keras.Model.compile`."""
        super().compile(optimizer, **kwargs)
        optimizer.build(self.generator.trainable_variables)

    def train_step(self, data):
        """One step: the objective predicts, the optimizer follows the gradient."""
        figures = self.objective.logged(self.step.value)
        with tf.GradientTape() as tape:
            logits, targets, weights = self.objective.predict(
                self.generator, Batch(*data), self.step.value, self.key("predict")
            )
            nats = weights * cross_entropy(targets, logits)
            # The mean over all positions, not over those that count: its gradient is that of the
            # mean over sequences, whatever their lengths, up to a constant factor.
            loss = tf.reduce_mean(nats)
        descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        return {"nll": tf.reduce_sum(nats) / self.generator.num_units(weights), **figures}

    def test_step(self, data, number=0):
        """Computes the negative log-likelihood and the use of the context of held-out examples.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch, an integer; no sample depends on it here.

        Returns:
            "nll" as the sum of nats and the number of units that it covers, since batches cover
            unlike numbers of tokens; "context_use" in nats.
        """
        del number
        inputs, targets, weights = self.generator.read(*data)
        logits = self.generator.network(inputs)
        nats = weights * cross_entropy(targets, logits)
        return {
            "nll": (tf.reduce_sum(nats), self.generator.num_units(weights)),
            "context_use": context_use(logits, weights),
        }

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.optimizer.iterations


def context_use(logits, weights):
    """How far predictions given the prefix are from the prediction given the position alone.

        mean over t of  E_x KL[Q(x_t | x_{<t}) ‖ E_x Q(x_t | x_{<t})]

    The mean over the batch stands for that over texts, so that the figure is at most the
    logarithm of the batch size. Zero says that what was read changes nothing: where scheduled
    sampling leads as ε -> 0.

    Args:
        logits: float32 [batch, time, size].
        weights: float32 [batch, time], 0 for what does not count.

    Returns:
        Nats per symbol, float32 [].
    """
    log_probs = tf.nn.log_softmax(logits)
    shares = weights / tf.maximum(tf.reduce_sum(weights, axis=0), 1.0)
    marginal = tf.einsum("bt,btv->tv", shares, tf.exp(log_probs))
    entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)  # [batch, time]
    entropy_of_marginal = -tf.reduce_sum(tf.math.xlogy(marginal, marginal), axis=-1)  # [time]
    used = tf.reduce_sum(weights * (entropy_of_marginal - entropy))
    return used / tf.reduce_sum(weights)
