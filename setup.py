"""Packaging: `pip install .` gives the packages zoo and export, and the command zoo."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "zoo/__init__.py").read_text())[1]

DEMO = ["mlxtend>=0.23", "names>=0.3"]
THEORY = ["matplotlib>=3.9", "scipy>=1.13"]
EVALUATION = [*THEORY, "jinja2>=3.1", "scikit-learn>=1.5", "threadpoolctl>=3.1"]
TEST = [
    "html5lib>=1.1",
    "huggingface_hub>=1",
    "hypothesis>=6.100",
    "mauve-text>=0.4",
    "mpmath>=1.3",
    "nltk>=3.9",
    "prdc>=0.2",
    "pytest>=8",
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",
    "pyyaml>=6",
    "ruff>=0.12",
]

setup(
    name="generative-objectives-zoo",
    version=VERSION,
    description="The same generative models trained by different objectives and evaluated alike",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["zoo", "zoo.*", "export", "export.*"]),
    package_data={
        "export.converters": ["*.txt", "*.cjs"],
        "zoo.distributions": ["*.json"],
        "zoo.metrics.base": ["*.npz"],
        "zoo.pretrained": ["*.json", "*.jinja", "models/*.json", "models/*/*"],
        "zoo.report": ["*.html"],
    },
    install_requires=[
        "absl-py>=2.1",
        "filelock>=3.13",
        "importlib-resources>=6",
        "keras>=3.13",
        "numpy>=2",
        "pillow>=10",
        "safetensors>=0.6",
        "tensorboard>=2.20",
        "tensorflow>=2.21",
        "tensorflow-datasets>=4.9.9",
        "tensorflow-serving-api>=2.21",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.21"],
        "demo": DEMO,
        "evaluation": EVALUATION,
        "theory": THEORY,
        "hub": ["huggingface_hub>=1"],
        "benchmark": ["torch>=2.13"],
        "test": DEMO + EVALUATION + TEST,
    },
    entry_points={
        "console_scripts": ["zoo = zoo.commands:main", "zoo-export = export.__main__:run"]
    },
)
