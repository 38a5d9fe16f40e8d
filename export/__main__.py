"""Writes a run as a SavedModel that TensorFlow Serving serves.

  python -m export --workdir=runs/names --output=served --name=names

writes served/names/1, and 2 the next time. A version is loaded in a fresh process and compared
with the run before it becomes visible.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from absl import app, flags, logging

from export import export
from zoo import spec
from zoo.errors import explained
from zoo.runs.experiment import load

FLAGS = flags.FLAGS

flags.DEFINE_string("workdir", None, "The run folder of train.py.", required=True)
flags.DEFINE_string("output", None, "The folder of all exported models.", required=True)
flags.DEFINE_string("name", None, "The model's name, part of its address.", required=True)
flags.DEFINE_string(
    "version", None, "A whole number that is not there yet; by default one above the highest there."
)
flags.DEFINE_string(
    "sampler",
    None,
    "For text: how each symbol is drawn, by default ancestral(). "
    f"Known: {', '.join(spec.names('samplers'))}.",
)
flags.DEFINE_integer(
    "length",
    None,
    "For text: the most symbols of a generated text, its prompt and its end included; by "
    "default as in training.",
)

flags.DEFINE_bool(
    "calibrated",
    False,
    "For a discriminator: divide log_density_ratio by the temperature that makes it believable on "
    "the validation part of the data.",
)

flags.DEFINE_bool(
    "another_run", False, "Go on although the newest version of this name is of another run."
)
flags.DEFINE_bool(
    "allow_changed_data", False, "Go on although the data has changed since the run began."
)


@explained
def main(argv):
    """Exports, and says what can be done with it."""
    if argv[1:]:
        raise app.UsageError(f"Not a flag: {' '.join(argv[1:])}")
    logging.set_verbosity(logging.WARNING)  # saving a model tells more than one wants to know
    tf.get_logger().setLevel("WARNING")
    path = export(
        load(FLAGS.workdir, allow_changed_data=FLAGS.allow_changed_data),
        FLAGS.output,
        FLAGS.name,
        FLAGS.version,
        FLAGS.sampler,
        FLAGS.length,
        FLAGS.calibrated,
        FLAGS.another_run,
    )
    print(
        f"\n{path} answers as the run does, to a fresh process too.\n"
        f"How to serve it:  {path.parent / 'README.md'}\n"
        f"How to use it:    python examples/use_export.py {path.parent}"
    )


def run():
    """The console command."""
    app.run(main)


if __name__ == "__main__":
    run()
