"""Writes a run as a SavedModel that TensorFlow Serving serves.

  zoo export --workdir=runs/names --output=served --name=names
  zoo export --pretrained=surnames_lstm --output=served --name=names

writes served/names/1, and 2 the next time. A version is loaded in a fresh process and compared
with the run before it becomes visible. Without a run, versions that are there are operated on:

  zoo export --output=served --name=names --label=stable
  zoo export --output=served --name=names --rollback
  zoo export --output=served --name=names --keep=3

Any SavedModel can be checked against what TensorFlow Serving asks of one, without loading it:

  zoo export --check=served/names

A form for programs without TensorFlow has what the model has of decode, logits, score and
log_density_ratio, and lies in served/digits/forms/onnx:

  zoo export --workdir=runs/digits --output=served --name=digits --format=onnx
"""

import dataclasses
import sys

from absl import flags

from export.batching import Batching
from zoo import commands
from zoo.errors import require

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of exporting."""
    commands.define_run_flags()
    _define_version_flags()
    _define_signature_flags()
    _define_operating_flags()
    _define_form_flags()


def _define_version_flags():
    """Defines the flags of where an export is written."""
    flags.DEFINE_string("output", None, "The folder of all exported models.")
    flags.DEFINE_string("name", None, "The model's name, part of its address.")
    flags.DEFINE_string(
        "version",
        None,
        "A whole number that is not there yet; by default one above the highest there. Without a "
        "run: the version that --label is for, by default the newest.",
    )
    flags.DEFINE_bool(
        "another_run",
        False,
        "Continue although the newest version of this name is of another run.",
    )


def _define_signature_flags():
    """Defines the flags of what is served."""
    flags.DEFINE_string(
        "sampler",
        None,
        "For autoregressive models: how each token is drawn, by default ancestral(). "
        f"Known: {commands.known('samplers')}",
    )
    flags.DEFINE_integer(
        "length",
        None,
        "For text: the maximum number of tokens in a generated text, its prompt and its end token "
        "included; by default as in training.",
    )
    flags.DEFINE_bool(
        "calibrated",
        False,
        "For a discriminator: divide log_density_ratio by the temperature that calibrates it on "
        "the validation split of the data.",
    )
    flags.DEFINE_string(
        "refine",
        None,
        "For a discriminator that estimates the density ratio: serve generate_refined too, whose "
        "samples are chosen among candidates, by refine(candidates=8) or refine(acceptance=0.25).",
    )


def _define_operating_flags():
    """Defines the flags of operating versions, and of how the server merges requests."""
    flags.DEFINE_string(
        "check",
        None,
        "Instead of all else: the folder of a SavedModel, or of a model's versions, to be checked "
        "against what TensorFlow Serving asks of one, without loading it.",
    )
    flags.DEFINE_string(
        "label",
        None,
        "The label, such as stable or canary, that the version gets; requests may then ask for it.",
    )
    flags.DEFINE_bool(
        "rollback",
        False,
        "Take the newest version out of service, or move --label to the version before its own.",
    )
    flags.DEFINE_integer(
        "keep",
        None,
        "Delete all versions but this many newest ones, those with a label, and those that "
        "something else has written.",
    )
    for field in dataclasses.fields(Batching):
        meaning = f"For batching.config: {field.metadata['meaning']}"
        flags.DEFINE_integer(field.name, field.default, meaning)


def _define_form_flags():
    """Defines the flags of forms for other runtimes."""
    flags.DEFINE_enum(
        "format",
        None,
        ["saved_model", "onnx", "litert", "tfjs"],
        "Instead of a version, writes the signatures without strings and draws for another "
        "runtime, each compared with the run there.",
    )
    flags.DEFINE_string(
        "python",
        None,
        "For --format: the Python of an environment that has the converter, see "
        "`python -m export.converters.environment --help`; by default this one.",
    )


def main() -> None:
    """Exports, if a run is given; labels, rolls back and deletes, if asked to; or checks."""
    if FLAGS.check is not None:
        _check()
    require(
        FLAGS.output is not None and FLAGS.name is not None,
        "Give --output, the folder of all exported models, and --name, the model's name.",
    )
    exports = FLAGS.workdir is not None or FLAGS.pretrained is not None
    operates = FLAGS.label is not None or FLAGS.rollback or FLAGS.keep is not None
    require(not (exports and FLAGS.rollback), "Give either a run to export or --rollback.")
    if exports or not operates:
        _export()
    if operates:
        _operate(None if exports else FLAGS.version)


def _check():
    """Prints what the static check finds; ends with status 1 where it finds something."""
    others = ("workdir", "pretrained", "output", "name", "label", "format")
    given = [f"--{flag}" for flag in others if FLAGS[flag].value is not None]
    require(
        not given, f"--check reads files and needs no other flag: leave out {', '.join(given)}."
    )
    from export import static_check

    sys.exit(static_check.main(FLAGS.check))


def _export():
    """Exports, and prints what can be done with it."""
    import tensorflow as tf

    from export import export

    tf.get_logger().setLevel("WARNING")  # saving a model tells more than one wants to know
    if FLAGS.format is not None:
        _export_form()
        return
    path = export(
        commands.loaded_run(),
        FLAGS.output,
        FLAGS.name,
        FLAGS.version,
        FLAGS.sampler,
        FLAGS.length,
        FLAGS.calibrated,
        FLAGS.another_run,
        _batching(),
        refine=FLAGS.refine,
    )
    print(
        f"\n{path} answers as the run does, to a fresh process too.\n"
        f"How to serve it:  {path.parent / 'README.md'}\n"
        f"How to use it:    python examples/use_export.py {path.parent}"
    )


def _batching():
    """The numbers of the flags; None where none is given, so that those of before stay."""
    given = {field.name: FLAGS[field.name] for field in dataclasses.fields(Batching)}
    if not any(flag.present for flag in given.values()):
        return None
    return Batching(**{name: flag.value for name, flag in given.items()})


def _operate(version):
    from export import operating

    for sentence in operating.operate(
        FLAGS.output, FLAGS.name, FLAGS.label, version, FLAGS.rollback, FLAGS.keep
    ):
        print(sentence)


def _export_form():
    from export import export_form

    for flag in ("version", "sampler", "label"):
        require(FLAGS[flag].value is None, f"--{flag} is for versions, and a form has none.")
    form = export_form(
        commands.loaded_run(),
        FLAGS.output,
        FLAGS.name,
        FLAGS.format,
        FLAGS.length,
        FLAGS.calibrated,
        FLAGS.python,
    )
    print(f"\n{form.path} answers as the run does:")
    for name, difference in form.differences.items():
        print(f"  {name}: to {difference:.1g}")
    for name, reason in form.refused.items():
        print(f"  {name} is not there: {reason}")
