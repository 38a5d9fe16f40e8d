"""The networks of two-player training: a generator with a discriminator, or with a mediator."""

import abc
import dataclasses

import keras

from zoo.models.base.capabilities import Generator
from zoo.models.base.discriminator import Discriminator
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.sequence_model import SequenceModel


@dataclasses.dataclass(frozen=True)
class Pair(abc.ABC):
    """A generator and a discriminator.

    Attributes:
        generator: the model Q.
        discriminator: scores data and samples.
    """

    generator: Generator
    discriminator: Discriminator

    def networks(self) -> dict[str, keras.Model]:
        """The networks of the model by their roles."""
        return {"generator": self.generator, "discriminator": self.discriminator}


@dataclasses.dataclass(frozen=True)
class LatentPair(Pair):
    """A latent generator with a discriminator of its images or points."""

    generator: LatentGenerator


@dataclasses.dataclass(frozen=True)
class TextPair(Pair):
    """A sequence model of texts with a discriminator of texts and their prefixes."""

    generator: SequenceModel


@dataclasses.dataclass(frozen=True)
class Mediated:
    """A generator and a mediator.

    Attributes:
        generator: the model Q.
        mediator: the model M of the mixture of data and samples of Q.
        alike: whether both are of one spec, so that one can be initialised from the other.
    """

    generator: SequenceModel
    mediator: SequenceModel
    alike: bool

    def networks(self) -> dict[str, keras.Model]:
        """The networks of the model by their roles."""
        return {"generator": self.generator, "mediator": self.mediator}
