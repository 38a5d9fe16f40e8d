"""Times every signature of exported models, and the same generation in PyTorch.

    python benchmarks/serving.py

Each signature of the SavedModel is called in this process at 1, 16 and 256 rows; `load` reads the
exported files and answers a first row. PyTorch draws as many samples of the same architecture by a
Python loop over cells, or one call of the generator. Where TF_MODEL_SERVER is the path of a
tensorflow_model_server, the same requests are sent to it by REST and gRPC, too. Prints medians, and
the median and quartiles of the rounds' ratios. PyTorch is an optional dependency:
`pip install '.[benchmark]'` first.
"""

import dataclasses

import side_by_side

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


if __name__ == "__main__":
    side_by_side.main("serving", __doc__, CASES)
