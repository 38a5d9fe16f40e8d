"""Times training steps and sampling of autoregressive models against PyTorch.

    python benchmarks/autoregressive.py

A step includes forward pass, backward pass and Adam. PyTorch runs the same architecture with the
same sizes and number of threads: torch.nn.LSTM or GRU for known tokens, and a Python loop over
cells for tokens that depend on predictions. Prints medians, and the median and quartiles of the
rounds' ratios. PyTorch is an optional dependency: `pip install '.[benchmark]'` first.
"""

import dataclasses

import side_by_side


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
        size = f"vocabulary {self.vocabulary_size}, length {self.length}"
        return f"{self.kind} {self.layers}x{self.units}, {size}"


CASES = {
    "lstm512": Case("lstm", 512, 2),
    "lstm128": Case("lstm", 128, 2),
    "lstm32": Case("lstm", 32, 1, vocabulary_size=5000, length=20),
    "gru128": Case("gru", 128, 2),
    "transformer128": Case("transformer", 128, 4),
}


if __name__ == "__main__":
    beside = ("scheduled sampling", "maximum likelihood")
    side_by_side.main("autoregressive", __doc__, CASES, beside)
