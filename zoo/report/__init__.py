"""What `evaluate.py` shows: a table in the terminal and a page of HTML for a browser.

The page stands alone: pictures are within it, it has no script, asks for nothing from elsewhere,
and shows whatever stands in data, specs and file names as text.
"""

import importlib.util
import os
import pathlib
import tempfile

from zoo.errors import ZooError

_PACKAGES = {
    "jinja2": "jinja2",
    "matplotlib": "matplotlib",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}


def require_packages() -> None:
    """Raises ZooError, with what to install, where a package that measuring needs is absent."""
    absent = [name for module, name in _PACKAGES.items() if not importlib.util.find_spec(module)]
    if absent:
        raise ZooError(
            f"Measuring needs what is not installed here. Install it by: pip install "
            f"{' '.join(absent)}"
        )


def writable(
    path: str | os.PathLike, otherwise: str = "Give another file with --report."
) -> pathlib.Path:
    """The path of a file that can be written.

    Args:
        path: the file.
        otherwise: the sentence that says what to do where it cannot be.

    Raises:
        ZooError: it is a folder, or its folder is not there or may not be written to.
    """
    path = pathlib.Path(path).expanduser()
    reason = "it is a folder" if path.is_dir() else None
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = error.strerror
    if reason:
        raise ZooError(f"Cannot write {path} ({reason}). {otherwise}")
    return path
