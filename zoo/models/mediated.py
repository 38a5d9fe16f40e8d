"""A sequence model of texts, and a mediator between it and the data.

Source: S. Lu et al., "CoT: Cooperative Training for Generative Modeling of Discrete Data", arXiv
1804.03782 (2018).
"""

from zoo import domains
from zoo.models.base import nested
from zoo.models.base.pair import Mediated


def build(
    domain: domains.Text,
    *,
    generator: str = "lstm(units=32, layers=1)",
    mediator: str | None = None,
) -> Mediated:
    """Two sequence models with weights of their own.

    Args:
        domain: the domain.
        generator: the spec of an autoregressive model, as a quoted string.
        mediator: the same; None: that of the generator. The best mediator is the mixture of data
            and samples: one that cannot come near to it misleads a generator that is simple.

    Raises:
        SpecError: a generator or mediator that is no autoregressive model of texts.
    """
    specs = generator, mediator or generator
    networks = (nested.autoregressive(text, domain, "mediated") for text in specs)
    return Mediated(*networks, alike=mediator is None)
