"""What one example is: a text, an image or a point; how it is read, written and pictured."""

from zoo.domains.specs import Example, Image, Points, Text

__all__ = ["Example", "Image", "Points", "Text"]
