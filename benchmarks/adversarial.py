"""Training steps of a DCGAN, beside PyTorch's.

    python benchmarks/adversarial.py

A step is the whole of it: samples, the discriminator's step on them and on as many images, other
samples and the generator's step, both with Adam. PyTorch has the same networks, losses, sizes and
number of threads. Medians are printed, and the median and the quartiles of the rounds' ratios.
PyTorch is no requirement of the project: `pip install torch` first.
"""

import dataclasses

import side_by_side


@dataclasses.dataclass(frozen=True)
class Case:
    """The pair for images of 28×28."""

    width: int
    latent_size: int = 100
    batch: int = 64
    r1: float = 0.0

    def __str__(self):
        penalty = f", r1 = {self.r1:g}" if self.r1 else ""
        return f"dcgan of width {self.width}, batch {self.batch}{penalty}"


CASES = {
    "dcgan64": Case(64),
    "dcgan64r1": Case(64, r1=0.1),
    "dcgan32": Case(32),
    "dcgan32r1": Case(32, r1=0.1),
}


def main():
    """Prints the table."""
    options = side_by_side.parser(__doc__, CASES, seconds=60).parse_args()
    with side_by_side.libraries("adversarial", options.threads) as connections:
        header = side_by_side.HEADER
        print(side_by_side.row(header), side_by_side.row(["---"] * len(header)), sep="\n")
        for case in options.cases:
            times = side_by_side.measure(CASES[case], connections, options.seconds)
            for name in times:
                row = side_by_side.row(side_by_side.cells(CASES[case], name, times))
                print(row, flush=True)


if __name__ == "__main__":
    main()
