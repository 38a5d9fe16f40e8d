"""Times training steps of a DCGAN against PyTorch.

    python benchmarks/adversarial.py

A step includes sampling, the discriminator's update on samples and as many images, sampling again
and the generator's update, both with Adam. PyTorch runs the same networks with the same losses,
sizes and number of threads. Prints medians, and the median and quartiles of the rounds' ratios.
PyTorch is an optional dependency: `pip install '.[benchmark]'` first.
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


if __name__ == "__main__":
    side_by_side.main("adversarial", __doc__, CASES)
