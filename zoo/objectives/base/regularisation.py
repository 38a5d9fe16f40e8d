"""What keeps a discriminator from growing steep where data and samples do not overlap.

Each of them moves the discriminator's optimum away from the log density ratio of P and Q: with
the penalty it is flatter, with noise it is that of the blurred distributions.
"""

import dataclasses

import tensorflow as tf

from zoo import randomness
from zoo.errors import require


@dataclasses.dataclass(frozen=True)
class Regularisers:
    """Two of them, each off at zero.

    Attributes:
        r1: γ, at least 0: L. Mescheder, A. Geiger and S. Nowozin, "Which Training Methods for
            GANs do actually Converge?", arXiv 1801.04406 (2018), eq. 9. There the discriminator's
            loss is the sum over data and samples, here it is their mean: `r1` is half of that γ.
        instance_noise: σ, at least 0: C. K. Sønderby et al., "Amortised MAP Inference for Image
            Super-resolution", arXiv 1610.04490 (2016), section 3.3.
        instance_noise_steps: the number of steps after which there is no noise; 0: it stays.
    """

    r1: float
    instance_noise: float
    instance_noise_steps: int

    def seen(self, examples, step, key):
        """What the discriminator sees of examples: x + σ_i n, with n standard normal.

        Args:
            examples: a `Batch` of images or points; labels stay.
            step: i, the training step, an integer tensor []; σ_i = σ max(0, 1 - i / steps).
            key: int64 [2], of n; see `zoo.randomness`.

        Returns:
            The same, noisy.

        Raises:
            SpecError: there is noise, and the examples are symbols.
        """
        if self.instance_noise == 0:
            return examples
        values = examples.values
        _require_continuous(values, "instance_noise", self.instance_noise)
        share = 1.0
        if self.instance_noise_steps:
            share = tf.nn.relu(1.0 - tf.cast(step, tf.float32) / self.instance_noise_steps)
        normal = tf.random.stateless_normal(tf.shape(values), seed=key, alg=randomness.ALGORITHM)
        return examples._replace(values=values + self.instance_noise * share * normal)

    def penalty(self, judge, real):
        """The penalty on the discriminator's slope at the data, γ/2 E_P[|∇_x D(x)|²], a scalar.

        Args:
            judge: a function from examples to logits [batch, ...] that depend on their example
                only.
            real: a batch of data, as `examples` of `seen`.

        Raises:
            SpecError: γ is not 0, and the examples are symbols.
        """
        if self.r1 == 0:
            return 0.0
        values = real.values
        _require_continuous(values, "r1", self.r1)
        with tf.GradientTape() as tape:
            tape.watch(values)
            logits = judge(*real)
        slope = tape.gradient(logits, values)
        batch_size = tf.cast(tf.shape(values)[0], tf.float32)
        return self.r1 / 2 * tf.reduce_sum(tf.square(slope)) / batch_size


NONE = Regularisers(0.0, 0.0, 0)


def build(r1: float, instance_noise: float, instance_noise_steps: int) -> Regularisers:
    """Checked `Regularisers`.

    Raises:
        SpecError: a number below zero, or steps without noise.
    """
    require(r1 >= 0, f"r1={r1} should be at least 0.")
    require(instance_noise >= 0, f"instance_noise={instance_noise} should be at least 0.")
    require(
        instance_noise_steps == 0 or (instance_noise_steps > 0 and instance_noise > 0),
        f"instance_noise_steps={instance_noise_steps} with instance_noise={instance_noise} is no "
        "schedule: give both, such as instance_noise=0.1, instance_noise_steps=5000.",
    )
    return Regularisers(float(r1), float(instance_noise), instance_noise_steps)


def _require_continuous(values, name, value):
    require(
        values.dtype.is_floating,
        f"{name}={value} is for images and points: symbols have no neighbours. Leave it out.",
    )
