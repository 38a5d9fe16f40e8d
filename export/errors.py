"""What can go wrong with an export."""

from zoo.errors import ZooError


class ExportError(ZooError):
    """A model cannot be exported under this name, or not to this place, or not at all."""
