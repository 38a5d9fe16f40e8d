"""Makes the environment of a converter, which does not fit into the project's own.

  python -m export.converters.environment onnx converters/onnx

makes a virtual environment in converters/onnx; `python -m export --format=onnx
--python=converters/onnx/bin/python` uses it. tfjs needs Node and npm as well.
"""

import argparse
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).parent
FORMATS = ("onnx", "litert", "tfjs")


def make(form: str, folder: pathlib.Path) -> None:
    """Makes the environment of a format in a folder.

    Args:
        form: one of `FORMATS`.
        folder: where to; what is missing is added if it is there already.

    Raises:
        subprocess.CalledProcessError: a package could not be installed.
    """
    venv.create(folder, with_pip=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", HERE / f"requirements-{form}.txt"], check=True)
    if form == "tfjs":
        packages = (HERE / "npm-packages.txt").read_text(encoding="utf-8").split()
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder]
        subprocess.run([*npm, *packages], check=True)


def main() -> None:
    """Makes what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("folder", type=pathlib.Path)
    given = parser.parse_args()
    try:
        make(given.format, given.folder.expanduser())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The environment was not finished: {error}")


if __name__ == "__main__":
    main()
