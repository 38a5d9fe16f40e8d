"""An autoregressive generator of texts, and a mediator between it and the data.

Source: S. Lu et al., "CoT: Cooperative Training for Generative Modeling of Discrete Data", arXiv
1804.03782 (2018).
"""

import dataclasses

import keras

from zoo import example_spec
from zoo.models import _nested
from zoo.models._autoregressive import Autoregressive

ACCEPTS = {"text"}
TRAINERS = {"cooperative"}


@dataclasses.dataclass(frozen=True)
class Mediated:
    """Two networks of one kind.

    Attributes:
        generator: the model Q.
        mediator: the model M of what is drawn from the data or from Q.
    """

    generator: Autoregressive
    mediator: Autoregressive

    def networks(self) -> dict[str, keras.Model]:
        """The networks that the model consists of, by their roles."""
        return {"generator": self.generator, "mediator": self.mediator}


def build(example: example_spec.Text, *, generator: str = "lstm(units=32, layers=1)") -> Mediated:
    """Two autoregressive models, with weights of their own.

    Args:
        example: what one text is.
        generator: the spec of an autoregressive model, as a quoted string.

    Raises:
        SpecError: a generator that is no autoregressive model of texts.
    """
    return Mediated(*(_nested.autoregressive(generator, example, "mediated") for _ in range(2)))
