"""Pairs of networks whose adversarial training steps are timed against PyTorch.

A step includes sampling, the discriminator's update on samples and as many images, sampling again
and the generator's update, both with Adam. PyTorch runs the same networks with the same losses,
sizes and number of threads.
"""

import dataclasses


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
