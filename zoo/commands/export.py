"""Writes a run as a SavedModel that TensorFlow Serving serves.

  zoo export --workdir=runs/names --output=served --name=names
  zoo export --pretrained=surnames_lstm --output=served --name=names

writes served/names/1, and 2 the next time. A version is loaded in a fresh process and compared
with the run before it becomes visible.
"""

from absl import flags

from zoo import commands

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of exporting."""
    commands.define_run_flags()
    flags.DEFINE_string("output", None, "The folder of all exported models.", required=True)
    flags.DEFINE_string("name", None, "The model's name, part of its address.", required=True)
    flags.DEFINE_string(
        "version",
        None,
        "A whole number that is not there yet; by default one above the highest there.",
    )
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
    flags.DEFINE_bool(
        "another_run",
        False,
        "Continue although the newest version of this name is of another run.",
    )


def main() -> None:
    """Exports, and prints what can be done with it."""
    import tensorflow as tf

    from export import export

    tf.get_logger().setLevel("WARNING")  # saving a model tells more than one wants to know
    path = export(
        commands.loaded_run(),
        FLAGS.output,
        FLAGS.name,
        FLAGS.version,
        FLAGS.sampler,
        FLAGS.length,
        FLAGS.calibrated,
        FLAGS.another_run,
        refine=FLAGS.refine,
    )
    print(
        f"\n{path} answers as the run does, to a fresh process too.\n"
        f"How to serve it:  {path.parent / 'README.md'}\n"
        f"How to use it:    python examples/use_export.py {path.parent}"
    )
