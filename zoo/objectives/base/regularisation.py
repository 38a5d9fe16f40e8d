"""Regularisers that keep a discriminator from growing steep where data and samples do not overlap.

Each of them moves the discriminator's optimum away from the log density ratio of P and Q: with
the penalty it is flatter, with noise it is that of the blurred distributions.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from zoo import randomness, replicas
from zoo.batch import Batch
from zoo.errors import require


@dataclasses.dataclass(frozen=True)
class InstanceNoise:
    """Gaussian noise on all that the discriminator reads, data and samples alike.

        x + σ_i n,    σ_i = σ max(0, 1 - i / steps) at training step i, n standard normal

    Attributes:
        std: σ, at least 0, in the unit of the values; 0: no noise.
        steps: the number of steps after which there is no noise; 0: it stays.

    Raises:
        SpecError: a number below zero, or steps without noise.

    Source: C. K. Sønderby et al., "Amortised MAP Inference for Image Super-resolution", arXiv
    1610.04490 (2016), section 3.3.
    """

    std: float = 0.0
    steps: int = 0

    def __post_init__(self):
        """Checks the numbers."""
        require(self.std >= 0, f"instance_noise={self.std} should be at least 0.")
        require(
            self.steps == 0 or (self.steps > 0 and self.std > 0),
            f"instance_noise_steps={self.steps} with instance_noise={self.std} is no schedule: "
            "give both, such as instance_noise=0.1, instance_noise_steps=5000.",
        )

    def __call__(self, batch: Batch, step: int | tf.Tensor, key: tf.Tensor) -> Batch:
        """Adds the noise of a training step to the values; labels stay.

        Args:
            batch: images or points.
            step: the training step, an integer tensor [].
            key: int64 [2], see `zoo.randomness`.
        """
        if self.std == 0:
            return batch
        values = batch.values
        share = 1.0
        if self.steps:
            share = tf.nn.relu(1.0 - tf.cast(step, tf.float32) / self.steps)
        shape = tf.shape(values)

        def draw(rows):
            every = tf.concat([[rows], shape[1:]], axis=0)
            return tf.random.stateless_normal(every, seed=key, alg=randomness.ALGORITHM)

        normal = tf.reshape(replicas.own_rows(draw, shape[0]), shape)
        return batch._replace(values=values + self.std * share * normal)


@dataclasses.dataclass(frozen=True)
class GradientPenalty:
    """R1, the penalty on the discriminator's slope at the data.

        γ/2 E_P[|∇_x D(x)|²]

    Attributes:
        weight: γ, at least 0; 0: no penalty. In the source the discriminator's loss is the sum
            over data and samples, here it is their mean: `weight` is half of that γ.

    Raises:
        SpecError: a weight below zero.

    Source: L. Mescheder, A. Geiger and S. Nowozin, "Which Training Methods for GANs do actually
    Converge?", arXiv 1801.04406 (2018), eq. 9.
    """

    weight: float = 0.0

    def __post_init__(self):
        """Checks the weight."""
        require(self.weight >= 0, f"r1={self.weight} should be at least 0.")

    def __call__(self, discriminator: Callable, real: Batch):
        """The penalty, a scalar.

        Args:
            discriminator: a function of values and labels whose logits [batch, ...] depend on
                their own example only.
            real: images or points of the data, as the discriminator reads them.
        """
        if self.weight == 0:
            return 0.0
        values = real.values
        with tf.GradientTape() as tape:
            tape.watch(values)
            logits = discriminator(*real)
        slope = tape.gradient(logits, values)
        batch_size = tf.cast(tf.shape(values)[0], tf.float32)
        return self.weight / 2 * tf.reduce_sum(tf.square(slope)) / batch_size


def require_none(noise: InstanceNoise, penalty: GradientPenalty = GradientPenalty()) -> None:
    """Raises SpecError if there is noise or a penalty: they are not for tokens."""
    for name, value in (("instance_noise", noise.std), ("r1", penalty.weight)):
        require(
            value == 0,
            f"{name}={value} is for images and points: tokens have no neighbours. Leave it out.",
        )
