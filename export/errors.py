"""Errors of exporting."""

from zoo.errors import ZooError


class ExportError(ZooError):
    """A model cannot be exported under this name, or not to this place, or not at all."""
