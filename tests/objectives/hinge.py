"""The hinge loss of GANs.

Source: J. H. Lim and J. C. Ye, "Geometric GAN", arXiv 1705.02894 (2017), section 3.
"""

import tensorflow as tf

from zoo.objectives.base.contracts import AdversarialObjective


class Hinge(AdversarialObjective):
    """Trains the discriminator to a margin of 1 on both sides."""

    def discriminator_loss(self, real_logits, generated_logits, step):
        """E_P[max(0, 1 - D)] + E_Q[max(0, 1 + D)], a scalar."""
        real, generated = tf.nn.relu(1 - real_logits), tf.nn.relu(1 + generated_logits)
        return tf.reduce_mean(real) + tf.reduce_mean(generated)

    def generator_loss(self, generated_logits, step):
        """-D of each sample."""
        return -generated_logits


def build() -> Hinge:
    """The hinge loss; it has no arguments."""
    return Hinge()
