"""Training by next-token prediction."""

import tensorflow as tf

from zoo import replicas
from zoo.batch import Batch
from zoo.functional.cross_entropy import cross_entropy
from zoo.models.base.sequence_model import SequenceModel
from zoo.objectives.base.contracts import LikelihoodObjective
from zoo.trainers.base.one_player import OnePlayer


def build(
    model: SequenceModel,
    objective: LikelihoodObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Autoregressive":
    """The trainer of a sequence model by a likelihood objective.

    Args:
        model: the sequence model.
        objective: makes the predictions.
        batch_size: sequences per step, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        The trainer; compile it with an optimizer and fit it to batches of sequences.
    """
    return Autoregressive(model, objective, batch_size, seed, average_decay)


class Autoregressive(OnePlayer):
    """Minimises the cross-entropy of the objective's targets and the model's logits."""

    def train_step(self, data: tuple):
        """Updates the model by the gradient of the objective's cross-entropy."""
        figures = self.objective.logged(self.step.value)
        with tf.GradientTape() as tape:
            logits, targets, token_mask = self.objective.predict(
                self.generator, Batch(*data), self.step.value, self.key("predict")
            )
            nats = token_mask * cross_entropy(targets, logits)
            # The mean over all positions, not over those that count: its gradient is that of the
            # mean over sequences, whatever their lengths, up to a constant factor.
            loss = tf.reduce_mean(nats)
        replicas.descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        nll = tf.reduce_sum(nats) / self.generator.num_units(token_mask)
        return replicas.logs({"nll": nll, **figures})

    def test_step(self, data: tuple, number: int | tf.Tensor = 0):
        """Computes the negative log-likelihood and the use of the context of held-out examples.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch, an integer; no sample depends on it here.

        Returns:
            "nll" as the sum of nats and the number of units that it covers, since batches cover
            unlike numbers of tokens; "context_use" in nats.
        """
        del number
        inputs, targets, token_mask = self.generator.read(*data)
        logits = self.generator.network(inputs)
        nats = token_mask * cross_entropy(targets, logits)
        return {
            "nll": (tf.reduce_sum(nats), self.generator.num_units(token_mask)),
            "context_use": context_use(logits, token_mask),
        }


def context_use(logits: tf.Tensor, token_mask: tf.Tensor) -> tf.Tensor:
    """Mean divergence of predictions given the prefix from predictions given the position alone.

        mean over t of  E_x KL[Q(x_t | x_{<t}) ‖ E_x Q(x_t | x_{<t})]

    The mean over the batch stands for that over texts, so that the figure is at most the
    logarithm of the batch size. Zero means that predictions ignore the prefix: where scheduled
    sampling leads as ε -> 0.

    Args:
        logits: float32 [batch, time, size].
        token_mask: float32 [batch, time], 0 after the end of a text.

    Returns:
        Nats per token, float32 [].
    """
    log_probs = tf.nn.log_softmax(logits)
    shares = token_mask / tf.maximum(tf.reduce_sum(token_mask, axis=0), 1.0)
    marginal = tf.einsum("bt,btv->tv", shares, tf.exp(log_probs))
    entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)  # [batch, time]
    entropy_of_marginal = -tf.reduce_sum(tf.math.xlogy(marginal, marginal), axis=-1)  # [time]
    used = tf.reduce_sum(token_mask * (entropy_of_marginal - entropy))
    return used / tf.reduce_sum(token_mask)
