"""Training steps and sampling of autoregressive models, beside PyTorch's.

    python benchmarks/autoregressive.py

A step is the whole of it: forward, backward and Adam. PyTorch has the same architecture, sizes
and number of threads: torch.nn.LSTM or GRU where the symbols are known, and a Python loop over
cells where they depend on what was predicted. Medians are printed, and the median and the quartiles
of the rounds' ratios. PyTorch is no requirement of the project: `pip install torch` first.
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


def _beside_likelihood(name, times):
    """Of scheduled sampling: its time by that of a step of maximum likelihood."""
    if not name.endswith(": scheduled sampling") or name.startswith("torch"):
        return ""
    base = name.replace("scheduled sampling", "maximum likelihood")
    return side_by_side.ratio(times[name], times[base])


def main():
    """Prints the table."""
    options = side_by_side.parser(__doc__, CASES, seconds=60).parse_args()
    header = [*side_by_side.HEADER, "time, maximum likelihood's = 1"]
    with side_by_side.libraries("autoregressive", options.threads) as connections:
        print(side_by_side.row(header), side_by_side.row(["---"] * len(header)), sep="\n")
        for case in options.cases:
            times = side_by_side.measure(CASES[case], connections, options.seconds)
            for name in times:
                found = side_by_side.cells(CASES[case], name, times)
                row = side_by_side.row([*found, _beside_likelihood(name, times)])
                print(row, flush=True)


if __name__ == "__main__":
    main()
