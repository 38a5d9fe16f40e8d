r"""Trains a generative model by an objective, or continues a run that was stopped.

An experiment is three specs, name or name(key=value, ...):

  zoo train --data=mnist_5k --model='dcgan(width=32)' \
    --objective='generalised_js(pi=0.5)' --workdir=runs/digits
  zoo train --data=surnames --model='lstm(units=128)' \
    --objective=maximum_likelihood --workdir=runs/names

A spec with a wrong argument is answered with the right ones. The same command on the same
--workdir continues the run; flags can be kept in a file and given as --flagfile=FILE.
"""

import dataclasses
import inspect
import re

from absl import flags

from zoo import commands
from zoo.runs.experiment import Experiment

FLAGS = flags.FLAGS

_FOLDERS = {"data": "data", "model": "models", "objective": "objectives"}
_DEFINE = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer, float: flags.DEFINE_float}


def define_flags() -> None:
    """Defines a flag for each field of `Experiment`, and those of the run."""
    texts = help_of_fields(Experiment)
    for field in dataclasses.fields(Experiment):
        text = texts.get(field.name, "")
        if field.name in _FOLDERS:
            text += f" Known: {commands.known(_FOLDERS[field.name])}"
        required = field.default is dataclasses.MISSING
        define = _DEFINE.get(field.type, flags.DEFINE_string)
        define(field.name, None if required else field.default, text, required=required)
    flags.DEFINE_string("workdir", None, "The run folder; a run in it is continued.", required=True)
    flags.DEFINE_bool(
        "allow_changed_data", False, "Continue although the data has changed since the run began."
    )


def help_of_fields(documented: type) -> dict[str, str]:
    """The texts under "Attributes" in the docstring of a class, by name, each in one line."""
    section = re.search(r"Attributes:\n((?:    .*\n|\n)+)", inspect.getdoc(documented) + "\n")[1]
    entries = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def main() -> None:
    """Trains, and prints where everything is."""
    fields = {field.name: FLAGS[field.name].value for field in dataclasses.fields(Experiment)}
    experiment = Experiment(**fields)
    from zoo.runs.training import train  # only now: a wrong value is refused at once

    run = train(experiment, FLAGS.workdir, FLAGS.allow_changed_data)
    path = run.folder.path
    print(
        f"\n{path} holds {run.step} steps of training: checkpoints/, samples/, experiment.json "
        f"and logs/ (tensorboard --logdir={run.folder.logs}).\n"
        f"Next:  {commands.spelt('sample')} --workdir={path}\n"
        f"       {commands.spelt('evaluate')} --workdir={path}\n"
        f"       {commands.spelt('export')} --workdir={path} --output=served --name=my_model"
    )
