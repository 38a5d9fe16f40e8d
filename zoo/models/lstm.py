"""A language model of stacked LSTM layers.

Source: A. Graves (2013), arXiv 1308.0850: see `zoo.models.layers.lstm`, and
`zoo.models.base.recurrent` for the network around the layers.
"""

from zoo import domains
from zoo.models.base import sequence_model
from zoo.models.base.recurrent import RecurrentNetwork, build_documented
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers.lstm import LSTMLayer


@build_documented(units="the size of the embedding, and of every layer's hidden state and cell.")
def build(
    domain: domains.Text | domains.Image,
    *,
    units: int = 256,
    layers: int = 2,
    dropout: float = 0.0,
    tied: bool = False,
    patch: list[int] | None = None,
) -> SequenceModel:
    """A model of stacked LSTM layers."""
    return sequence_model.build(
        domain,
        lambda tokens: RecurrentNetwork(tokens, LSTMLayer, units, layers, dropout, tied, "lstm"),
        patch,
    )
