"""A language model of stacked GRU layers.

Source: K. Cho et al. (2014), arXiv 1406.1078, first version: see `zoo.models.layers.gru`, and
`zoo.models.base.recurrent` for the network around the layers.
"""

from zoo import domains
from zoo.models.base import sequence_model
from zoo.models.base.recurrent import RecurrentNetwork, build_documented
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers.gru import GRULayer


@build_documented()
def build(
    domain: domains.Text | domains.Image,
    *,
    units: int = 256,
    layers: int = 2,
    dropout: float = 0.0,
    tied: bool = False,
    patch: list[int] | None = None,
) -> SequenceModel:
    """A model of stacked GRU layers."""
    return sequence_model.build(
        domain,
        lambda tokens: RecurrentNetwork(tokens, GRULayer, units, layers, dropout, tied, "gru"),
        patch,
    )
