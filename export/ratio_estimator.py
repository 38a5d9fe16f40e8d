"""An estimator of log P - log Q, to be served beside a generator."""

import dataclasses
from collections.abc import Callable

import keras


@dataclasses.dataclass(frozen=True)
class RatioEstimator:
    """A discriminator whose logits estimate a log density ratio.

    Attributes:
        discriminator: a network of `zoo.models`, from examples to logits.
        log_density_ratio: from logits to estimates of log P - log Q in nats.
    """

    discriminator: keras.Model
    log_density_ratio: Callable
