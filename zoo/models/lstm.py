"""A language model of stacked LSTM layers.

Source: A. Graves (2013), arXiv 1308.0850: see `zoo.models.layers.lstm`, and
`zoo.models.base.recurrent` for what it shares with others.
"""

from zoo import domains
from zoo.models.base.recurrent import Recurrent
from zoo.models.layers.lstm import LSTMLayer

ACCEPTS = {"text", "image"}
TRAINERS = {"autoregressive"}


def build(
    example: domains.Text | domains.Image,
    *,
    units: int = 256,
    layers: int = 2,
    dropout: float = 0.0,
    tied: bool = False,
    patch: list[int] | None = None,
) -> Recurrent:
    """The model of texts, or of images as sequences of patches.

    Args:
        example: what one example is.
        units: the size of the embedding, and of every layer's hidden state and cell.
        layers: how many layers stand on each other.
        dropout: the share of each layer's outputs that training sets to zero.
        tied: whether the output layer's matrix is the embedding's.
        patch: the [height, width] of an image's patches; None: [2, 4] of binary images, [1, 1]
            of others.

    Returns:
        The model, with all its variables.

    Raises:
        SpecError: units or layers below 1, dropout outside [0, 1), or a patch that does not fit.
    """
    return Recurrent(example, LSTMLayer, units, layers, dropout, tied, patch, "lstm")
