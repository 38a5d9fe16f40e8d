"""Autoregressive models whose training steps and sampling are timed against PyTorch.

A step includes forward pass, backward pass and Adam. PyTorch runs the same architecture with the
same sizes and number of threads: torch.nn.LSTM or GRU for known tokens, and a Python loop for
tokens that depend on predictions.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """One model and its data."""

    kind: str  # lstm, gru or transformer
    units: int
    layers: int
    vocabulary_size: int = 65
    length: int = 100
    batch: int = 64

    def __str__(self):
        size = f"{self.vocabulary_size} tokens, length {self.length}"
        return f"{self.kind} {self.layers}x{self.units}, {size}"


CASES = {
    "lstm512": Case("lstm", 512, 2),
    "lstm128": Case("lstm", 128, 2),
    "lstm32": Case("lstm", 32, 1, vocabulary_size=5000, length=20),
    "gru128": Case("gru", 128, 2),
    "transformer128": Case("transformer", 128, 4),
}
