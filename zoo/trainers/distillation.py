"""Training by distillation from a teacher."""

import tensorflow as tf

from zoo import randomness, replicas, samplers
from zoo.batch import Batch, concatenate
from zoo.functional.cross_entropy import cross_entropy
from zoo.models.base.sequence_model import SequenceModel
from zoo.objectives.base.contracts import DistillationObjective
from zoo.trainers.base.one_player import OnePlayer

_SAMPLES = -1  # a number for keys; dropout has those from 0 up


def build(
    model: SequenceModel,
    objective: DistillationObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Distillation":
    """The trainer of a sequence model by distillation; `learn_from` gives it its teacher.

    Args:
        model: the student.
        objective: the divergence from the teacher.
        batch_size: sequences per step, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        The trainer; give it a teacher, compile it with an optimizer and fit it to batches of
        sequences.

    Raises:
        SpecError: replicas cannot share the student's own texts equally.
    """
    trainer = Distillation(model, objective, batch_size, seed, average_decay)
    replicas.require_equal_shares({"the student's own texts (own)": trainer.num_own})
    return trainer


class Distillation(OnePlayer):
    """Minimises the divergence of the student's next-token distributions from the teacher's."""

    def learn_from(self, teacher: SequenceModel) -> None:
        """Sets the teacher, a model of the same tokens, which is not trained and not saved."""
        # Hidden from Keras, whose models save and train what they hold.
        self._teacher = lambda: teacher

    @property
    def num_own(self) -> int:
        """Samples of the student per step, over all replicas."""
        count, own = self.batch_size, self.objective.own
        num_own = round(own * count)
        if 0 < own < 1 and count > 1:
            return min(max(num_own, 1), count - 1)  # some of both, however small the batch
        return num_own

    @property
    def num_read(self) -> int:
        """See `Trainer.num_read`: those that do not give way to samples."""
        return self.batch_size - self.num_own

    def train_step(self, data: tuple):
        """Updates the student on prefixes of data and of its own samples."""
        key = self.key("distillation")
        texts, num_own = self._prefixes(Batch(*data), randomness.fold(key, _SAMPLES))
        inputs, tokens, token_mask = self.generator.read(*texts)
        log_t = tf.nn.log_softmax(self._teacher().network(inputs))
        future = self.objective.future and num_own > 0
        sizes = tf.shape(inputs)[0] - num_own, num_own
        with tf.GradientTape() as tape, replicas.joined(*sizes):
            # The score function is of the distribution that the texts were drawn from, which has
            # no dropout.
            logits = self.generator.network(inputs, key=None if future else key)
            nats = self.objective.divergence(log_t, tf.nn.log_softmax(logits))
            own = self._log_probs(logits[-num_own:], tokens[-num_own:]) if future else None
            loss = self.objective.loss(nats, own, token_mask, num_own)
        replicas.descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        divergence = tf.reduce_sum(token_mask * nats) / tf.reduce_sum(token_mask)
        return replicas.logs({"divergence": divergence})

    def _prefixes(self, real, key):
        """Real examples, the last of which give way to samples of the student; their number."""
        count, num_own = replicas.share(self.batch_size), self.num_own // replicas.count()
        if num_own == 0:
            return real, 0
        samples = self.generator.sample(key, num_own)
        if num_own == count:
            return samples, count
        return concatenate([real.map(lambda rows: rows[: count - num_own]), samples]), num_own

    def _log_probs(self, logits, tokens):
        """Log-probabilities of tokens, as they were drawn, float32 [batch, time]."""
        drawn = logits + samplers.never_drawn(self.generator.sequence.vocabulary)
        return -cross_entropy(tokens, drawn)

    def test_step(self, data: tuple, number: int | tf.Tensor = 0):
        """Computes likelihood, and divergence from the teacher, on held-out data.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch, an integer; no sample depends on it here.

        Returns:
            "nll" as the sum of nats and the number of units that it covers, and "divergence" as
            the sum of nats and the number of tokens: batches cover unlike numbers of them.
        """
        del number
        inputs, targets, token_mask = self.generator.read(*data)
        logits = self.generator.network(inputs)
        log_t = tf.nn.log_softmax(self._teacher().network(inputs))
        nats = token_mask * self.objective.divergence(log_t, tf.nn.log_softmax(logits))
        real_nats = token_mask * cross_entropy(targets, logits)
        return {
            "nll": (tf.reduce_sum(real_nats), self.generator.num_units(token_mask)),
            "divergence": (tf.reduce_sum(nats), tf.reduce_sum(token_mask)),
        }
