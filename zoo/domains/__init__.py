"""Domains: what one example of a data set is, all that a model knows of its data.

A domain is a `Text`, an `Image` or `Points`. `patches` reads images as sequences of tokens,
`pictures` draws images and points.
"""

from zoo.domains.image import Image
from zoo.domains.points import Points
from zoo.domains.text import Text

Domain = Text | Image | Points

__all__ = ["Domain", "Image", "Points", "Text"]
