"""Training steps and sampling of autoregressive models, beside PyTorch's.

    python benchmarks/autoregressive.py

A step is the whole of it: forward, backward and Adam. PyTorch has the same architecture, sizes
and number of threads: torch.nn.LSTM or GRU where the symbols are known, and a Python loop over
cells where they depend on what was predicted. Medians are printed, and the median and the quartiles
of the rounds' ratios. PyTorch is no requirement of the project: `pip install '.[benchmark]'` first.
"""

import dataclasses

import side_by_side


@dataclasses.dataclass(frozen=True)
class Case:
    """One model and its data."""

    kind: str  # lstm, gru or transformer
    units: int
    layers: int
    symbols: int = 65
    length: int = 100
    batch: int = 64

    def __str__(self):
        return (
            f"{self.kind} {self.layers}x{self.units}, {self.symbols} symbols, length {self.length}"
        )


CASES = {
    "lstm512": Case("lstm", 512, 2),
    "lstm128": Case("lstm", 128, 2),
    "lstm32": Case("lstm", 32, 1, symbols=5000, length=20),
    "gru128": Case("gru", 128, 2),
    "transformer128": Case("transformer", 128, 4),
}


if __name__ == "__main__":
    beside = ("scheduled sampling", "maximum likelihood")
    side_by_side.main("autoregressive", __doc__, CASES, beside)
