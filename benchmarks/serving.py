"""Times every signature of exported models, and the same generation in PyTorch.

    python -m benchmarks.serving

Each signature of the SavedModel is called in this process at 1, 16 and 256 rows; `load` reads the
exported files and answers a first row. PyTorch draws as many samples of the same architecture by a
Python loop over cells, or one call of the generator. Where TF_MODEL_SERVER is the path of a
tensorflow_model_server, the same requests are sent to it by REST and gRPC, too. Prints sizes,
medians, and the median and quartiles of the rounds' ratios. PyTorch is an optional dependency:
`pip install '.[benchmark]'` first.

On a machine that other programs use, `--threads=1 --clock=processor` compares processor time,
which a server's is not part of.
"""

import dataclasses
import statistics

from benchmarks import machine, options, side_by_side

ROWS = (1, 16, 256)


@dataclasses.dataclass(frozen=True)
class Case:
    """An untrained model; its sizes are those of the autoregressive or adversarial benchmark."""

    kind: str  # lstm, or dcgan
    units: int  # of an LSTM's layer; the width of a DCGAN
    layers: int = 1
    vocabulary_size: int = 65
    length: int = 20
    latent_size: int = 100

    def __str__(self):
        if self.kind == "dcgan":
            return f"dcgan of width {self.units}"
        return f"{self.kind} {self.layers}x{self.units}, length {self.length}"


CASES = {"lstm128": Case("lstm", 128, 2), "dcgan32": Case("dcgan", 32)}


def main() -> None:
    given = options.parser(__doc__, CASES, rounds=20).parse_args()
    options.require_torch()
    cases = [CASES[name] for name in given.only]
    print(f"{machine.sentence(machine.processor())}\n", flush=True)
    measured = list(
        side_by_side.measure("serving", cases, given.threads, given.rounds, given.clock)
    )
    header = ["model", "task", "library", "ms", "speed, PyTorch's = 1"]
    print("", side_by_side.row(*header), side_by_side.row(*["---"] * len(header)), sep="\n")
    for case, times in zip(cases, measured, strict=True):
        for name in times:
            print(side_by_side.row(str(case), *cells(name, times)))


def cells(name: str, times: side_by_side.Times) -> list[str]:
    """Task, library, median in ms, and speed relative to PyTorch where it has the task, too."""
    side, work = name.split(": ")
    torch = times.get(f"torch: {work}")
    compared = side != "torch" and torch is not None
    speed = side_by_side.ratio(*side_by_side.quartiles(torch, times[name])) if compared else ""
    return [work, side, f"{statistics.median(times[name]) * 1e3:.2f}", speed]


if __name__ == "__main__":
    main()
