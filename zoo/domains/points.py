"""The domain of points."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Points:
    """Vectors of real numbers, float32 [batch, dimension].

    Attributes:
        dimension: the number of coordinates.
    """

    dimension: int

    kind = "points"
    num_classes = 0
    unit = "nats per point"

    def __str__(self):
        return f"points of {self.dimension} coordinates"
