"""The packages of the extra `evaluation`, which training does without."""

import importlib.util

from zoo.errors import ZooError

# Module -> the package that has it.
_PACKAGES = {
    "jinja2": "jinja2",
    "matplotlib": "matplotlib",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
}


def require_packages() -> None:
    """Raises ZooError, with the command to install them, if packages for evaluation are missing."""
    absent = [name for module, name in _PACKAGES.items() if not importlib.util.find_spec(module)]
    if absent:
        raise ZooError(
            f"Evaluation needs packages that are not installed. Install them by: pip install "
            f"{' '.join(absent)}"
        )
