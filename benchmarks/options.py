"""The command line that the programs beside PyTorch share."""

import argparse
import importlib.util
import sys

from benchmarks import side_by_side


def parser(description: str, cases: dict, rounds: int) -> argparse.ArgumentParser:
    """Makes a parser.

    Args:
        description: what `--help` says.
        cases: those there are, by name.
        rounds: how many there are by default.
    """
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--only", nargs="+", choices=cases, default=list(cases), help="these cases")
    made.add_argument("--rounds", type=_rounds, default=rounds, help="at least 2")
    made.add_argument("--threads", type=int, default=2, help="of each library")
    made.add_argument("--clock", choices=side_by_side.CLOCKS, default="wall")
    return made


def require_torch() -> None:
    """Ends the program with a sentence where PyTorch is missing."""
    if importlib.util.find_spec("torch") is None:
        sys.exit("PyTorch is missing: pip install '.[benchmark]' brings it.")


def _rounds(text):
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError("quartiles need two rounds at least")
    return int(text)
