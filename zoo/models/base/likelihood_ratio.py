"""A discriminator of texts that is a likelihood ratio of two language models."""

import typing
from collections.abc import Sequence

import tensorflow as tf

from zoo import randomness
from zoo.errors import require
from zoo.models.base.discriminator import Discriminator
from zoo.models.base.sequence_model import SequenceModel


class LikelihoodRatio(Discriminator):
    """Scores texts and their prefixes by two language models with weights of their own.

        logit(x_{≤t}) = c + Σ_{s≤t} log A(x_s | x_{<s}) - log B(x_s | x_{<s}),    c a constant

    At A = P and B = Q it is log P(x_{≤t}) - log Q(x_{≤t}) + c, the logit of the best discriminator
    of all prefixes at once, so that no gradient step is needed where A and B are known. From the
    end token on it stays the same.

    Args:
        data_model: A.
        sample_model: B, a model like the generator.
        alike: whether both are of one spec, so that A can be initialised from the generator.

    Attributes:
        data_model: see above.
        sample_model: see above.
    """

    reads_relaxed: typing.ClassVar[bool] = False

    def __init__(self, data_model: SequenceModel, sample_model: SequenceModel, alike: bool):
        super().__init__(name="discriminator")
        self.data_model, self.sample_model, self._alike = data_model, sample_model, alike
        self.constant = self.add_weight((), "zeros", name="constant", dtype="float32")
        self.built = True

    def start_from(self, weights: Sequence) -> None:
        """See `Discriminator.start_from`: B becomes the generator, and A, where it is like B."""
        for model in [self.sample_model, *([self.data_model] if self._alike else [])]:
            for variable, value in zip(model.variables, weights, strict=True):
                variable.assign(value)

    def prefix_logits(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        key: tf.Tensor | None = None,
        training: bool = False,
    ):
        """Logits of texts and all their prefixes, float32 [batch, length].

        Args:
            values: int32 [batch, length].
            labels: None: texts come without.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            training: has no effect.

        Raises:
            SpecError: relaxed tokens.
        """
        del labels, training
        texts = tf.convert_to_tensor(values)
        require(texts.dtype.is_integer, "A likelihood ratio reads tokens, not weights of them.")
        models = self.data_model, self.sample_model
        keys = [None if key is None else randomness.fold(key, number) for number in range(2)]
        log_a, log_b = (
            model.token_log_probs(texts, key=key) for model, key in zip(models, keys, strict=True)
        )
        return tf.cumsum(log_a - log_b, axis=-1) + tf.convert_to_tensor(self.constant)
