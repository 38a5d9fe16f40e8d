"""The `zoo` command. A member is a command; `train.py` and its like start the same ones.

A member is a file with

    a docstring                 for `--help`; its first line is the summary in `zoo --help`
    def define_flags()          defines the command's flags
    def main()                  runs the command once they are parsed; its parameters, if any,
                                are words such as NAME

Nothing here imports TensorFlow before the flags are parsed, so that help is there at once.
"""

import functools
import inspect
import os
import sys

from absl import app, flags, logging

from zoo import spec
from zoo.errors import SpecError, explained, require

_SCRIPTS = {"export": "python -m export"}
_OVERVIEW = """\
Trains generative models by different objectives, and measures, samples and exports them.

  zoo COMMAND --FLAG=VALUE ...

Commands:
{commands}

From training to a model to be served:

  zoo train --data=surnames --model='lstm(units=128)' --objective=maximum_likelihood \\
    --workdir=runs/names
  zoo sample --workdir=runs/names --count=20
  zoo evaluate --workdir=runs/names
  zoo export --workdir=runs/names --output=served --name=names

`zoo COMMAND --help` lists the flags of a command.
"""


def main() -> None:
    """Runs the `zoo` command: `zoo COMMAND --FLAG=VALUE ...`."""
    first, *rest = sys.argv[1:] or [""]
    if first in {"", "--help", "-h", "help"}:
        print(_overview(), end="")
        sys.exit(0 if first else 1)
    sys.argv = [f"zoo {first}", *rest]
    explained(run)(first)


def run(name: str) -> None:
    """Runs one command with the flags of this process.

    Args:
        name: the name of a member.

    Raises:
        SpecError: there is no such command.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow reads it when it first uses a GPU, and otherwise takes all of its memory.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if name not in spec.names("commands"):
        raise SpecError(f"There is no command {name!r}. Known: {known('commands')}")
    command = spec.module("commands", name)
    command.define_flags()
    for module in (command, sys.modules[__name__]):
        for flag in flags.FLAGS.get_flags_for_module(module):  # those that --help shows
            flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    # absl's --help prints the docstring of the program that runs.
    documented = command.__doc__.replace(f"zoo {name}", spelt(name))
    sys.modules["__main__"].__doc__ = f"\n{documented}"
    app.run(functools.partial(_run, command))


@explained
def _run(command, argv):
    # Not `list`: in this package that is the command of this name, once it is imported.
    names = tuple(inspect.signature(command.main).parameters)
    if len(argv) - 1 > len(names):
        raise app.UsageError(f"Not a flag: {' '.join(argv[1 + len(names) :])}")
    if len(argv) - 1 < len(names):
        raise app.UsageError(f"Missing: {' '.join(names[len(argv) - 1 :]).upper()}")
    logging.set_verbosity(logging.WARNING)
    command.main(*argv[1:])


def define_run_flags() -> None:
    """Defines the flags by which a command is given one trained model."""
    flags.DEFINE_string("workdir", None, "The run folder, which holds a trained model.")
    flags.DEFINE_string(
        "pretrained", None, "Instead: a published model, by name (`zoo list`), folder or address."
    )
    define_checkpoint_flag()
    flags.DEFINE_string(
        "data", None, "For --pretrained: the data here, where it was trained on files of one's own."
    )
    flags.DEFINE_bool(
        "allow_changed_data", False, "Continue although the data has changed since the run began."
    )


def define_checkpoint_flag() -> None:
    """Defines the flag that chooses between the checkpoints of a run."""
    flags.DEFINE_enum(
        "checkpoint",
        None,
        ["latest", "best"],
        "The checkpoint of a run that was trained with --keep_best; by default the best, and the "
        "latest of runs that keep no best or have not been validated yet.",
    )


def loaded_run():
    """Loads the model that the flags of `define_run_flags` name, a `zoo.runs.run.Run`.

    Raises:
        SpecError: neither or both of --workdir and --pretrained are given, or a checkpoint of a
            published model, which has only one.
    """
    workdir, pretrained = flags.FLAGS.workdir, flags.FLAGS.pretrained
    require(
        (workdir is None) != (pretrained is None),
        "Give either --workdir, a run folder, or --pretrained, a published model.",
    )
    require(
        pretrained is None or flags.FLAGS.checkpoint is None,
        "A published model has one checkpoint: leave out --checkpoint.",
    )
    require_pretrained_for_data(pretrained is not None)
    from zoo.runs.loading import load, load_pretrained

    if pretrained is not None:
        return load_pretrained(
            pretrained, flags.FLAGS.data, allow_changed_data=flags.FLAGS.allow_changed_data
        )
    return load(
        workdir,
        allow_changed_data=flags.FLAGS.allow_changed_data,
        checkpoint=flags.FLAGS.checkpoint,
    )


def require_pretrained_for_data(pretrained: bool) -> None:
    """Raises SpecError if --data is given for a run folder, which has its own.

    Args:
        pretrained: whether a published model is given.
    """
    require(
        pretrained or flags.FLAGS.data is None,
        "--data is for --pretrained: a run is measured on the data it was trained on. Leave it "
        "out; where the files have moved, give train.py their new path once.",
    )


def spelt(name: str) -> str:
    """The way to start a command, as the one that runs was started."""
    if sys.argv[0].startswith("zoo "):
        return f"zoo {name}"
    return _SCRIPTS.get(name, f"python {name}.py")


def specs(parts: list[str]) -> list[str]:
    """Specs of a comma-separated list, whose arguments have been parted at commas too.

    Example:
        >>> specs(["nll", "fresh_bound(steps=9", "pi=0.1)"])
        ['nll', 'fresh_bound(steps=9,pi=0.1)']
    """
    joined = []
    for part in parts:
        if joined and joined[-1].count("(") > joined[-1].count(")"):
            joined[-1] += f",{part}"
        else:
            joined.append(part)
    return joined


def known(folder: str) -> str:
    """The names of all members of a folder, for the help of a flag."""
    return f"{', '.join(spec.names(folder))}."


def _overview():
    names = spec.names("commands")
    width = max(map(len, names))
    lines = [
        f"  {name:{width}}  {spec.module('commands', name).__doc__.splitlines()[0]}"
        for name in names
    ]
    return _OVERVIEW.format(commands="\n".join(lines))
