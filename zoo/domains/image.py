"""The domain of images."""

import dataclasses

CHANNELS = {1: "grey", 3: "colour"}


@dataclasses.dataclass(frozen=True)
class Image:
    """Grey or colour images, float32 [batch, height, width, channels] in [0, 1].

    A grey image has one channel, from black to white; a colour image has three: red, green, blue.

    Attributes:
        shape: (height, width, channels).
        binary: True where the values are 0 and 1 only.
        digits: True where the images show the ten digits of MNIST, which a classifier of those
            can then count.
        num_classes: the number of classes that models are conditioned on: examples then come with
            labels, int32 [batch]; 0: they come without.

    Raises:
        ValueError: `shape` is not one of a grey or colour image.
    """

    shape: tuple[int, int, int]
    binary: bool = False
    digits: bool = False
    num_classes: int = 0

    kind = "image"
    unit = "nats per image"

    def __post_init__(self):
        """Refuses shapes without a channel axis and numbers of channels that have no colours."""
        if len(self.shape) != 3 or self.channels not in CHANNELS:
            raise ValueError(
                f"shape={self.shape} should be (height, width, channels) with 1 channel (grey) or "
                "3 channels (red, green, blue)."
            )

    @property
    def channels(self) -> int:
        """The number of channels: 1 (grey) or 3 (red, green, blue)."""
        return self.shape[2]

    @property
    def levels(self) -> int:
        """The number of values that a channel of a pixel can have."""
        return 2 if self.binary else 256

    def __str__(self):
        values = "0 or 1" if self.binary else "0 to 1"
        of_classes = f", of {self.num_classes} classes" if self.num_classes else ""
        size = "×".join(map(str, self.shape))
        return f"{CHANNELS[self.channels]} images of {size} with values {values}{of_classes}"
