r"""Trains a generative model by an objective, or continues a run that was stopped.

An experiment is three specs, name or name(key=value, ...):

  zoo train --data=mnist_5k --model='dcgan(width=32)' \
    --objective='generalised_js(pi=0.5)' --workdir=runs/digits
  zoo train --data=surnames --model='lstm(units=128)' \
    --objective=maximum_likelihood --workdir=runs/names

A spec with a wrong argument is answered with the right ones. The same command on the same
--workdir continues the run; flags can be kept in a file and given as --flagfile=FILE.

With --seeds=0,1,2 the experiment is trained once for each seed, in seed_0, seed_1 and seed_2
of --workdir; evaluating --workdir then gives means and standard deviations over the seeds.
"""

import dataclasses
import inspect
import re

from absl import flags

from zoo import commands
from zoo.errors import require
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
    flags.DEFINE_list(
        "seeds",
        None,
        "Instead of --seed: train once for each of these seeds, one after another, in the folders "
        "seed_N of --workdir. Finished seeds are passed over.",
    )
    flags.DEFINE_bool(
        "allow_changed_data", False, "Continue although the data has changed since the run began."
    )


def help_of_fields(documented: type) -> dict[str, str]:
    """The texts under "Attributes" in the docstring of a class, by name, each in one line."""
    section = re.search(r"Attributes:\n((?:    .*\n|\n)+)", inspect.getdoc(documented) + "\n")[1]
    entries = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def main() -> None:
    """Trains, once or by several seeds, and prints where everything is."""
    fields = {field.name: FLAGS[field.name].value for field in dataclasses.fields(Experiment)}
    experiment = Experiment(**fields)
    if FLAGS.seeds is not None:
        _train_seeds(experiment, _whole_numbers(FLAGS.seeds))
        return
    from zoo.runs.training import train  # only now: a wrong value is refused at once

    run = train(experiment, FLAGS.workdir, FLAGS.allow_changed_data)
    path = run.folder.path
    print(
        f"\n{path} holds {_held(run)}: checkpoints/, samples/, experiment.json "
        f"and logs/ (tensorboard --logdir={run.folder.logs}).\n"
        f"Next:  {commands.spelt('sample')} --workdir={path}\n"
        f"       {commands.spelt('evaluate')} --workdir={path}\n"
        f"       {commands.spelt('export')} --workdir={path} --output=served --name=my_model"
    )


def _held(run):
    if run.folder.best.is_dir():
        return f"the best checkpoint, of step {run.step}, beside the latest"
    return f"{run.step} steps of training"


def _train_seeds(experiment, seeds):
    require(not FLAGS["seed"].present, "Give either --seed or --seeds.")
    from zoo.runs.seeds import train_seeds

    for run in train_seeds(experiment, FLAGS.workdir, seeds, FLAGS.allow_changed_data):
        print(f"\n{run.folder.path} holds {_held(run)}.")
    print(f"Next:  {commands.spelt('evaluate')} --workdir={FLAGS.workdir}")


def _whole_numbers(words):
    require(
        all(word.strip().isdecimal() for word in words),
        f"seeds={','.join(words)} should be whole numbers, such as 0,1,2.",
    )
    return [int(word) for word in words]
