"""Publishes a run as a pretrained model: weights, card, metrics and a sample in one folder.

  zoo publish --workdir=runs/names --facts=names.json --output=published

The facts are a JSON object of what the run does not know: name, summary, data_id (a key of
zoo/pretrained/data_licences.json), command, hardware, minutes and failures. The run is measured
with weights in float32, 8 bits and float16; the smallest are kept with which likelihoods agree with
those in float32 within a twentieth of a standard error, and figures of samples within three.
"""

import pathlib

from absl import flags

from zoo import commands

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of publishing."""
    flags.DEFINE_string("workdir", None, "The run folder.", required=True)
    commands.define_checkpoint_flag()
    flags.DEFINE_string("facts", None, "The JSON file of facts for the card.", required=True)
    flags.DEFINE_string("output", None, "The folder that gets the model's folder.", required=True)
    flags.DEFINE_integer("count", 1000, "The number of samples that are measured.", lower_bound=2)


def main() -> None:
    """Publishes, and prints where."""
    from zoo.pretrained import card
    from zoo.runs import evaluation, loading, publishing

    facts = card.Facts.from_json(pathlib.Path(FLAGS.facts).expanduser())
    path = publishing.publish(
        loading.load(FLAGS.workdir, checkpoint=FLAGS.checkpoint),
        facts,
        pathlib.Path(FLAGS.output).expanduser(),
        evaluation.evaluate,
        FLAGS.count,
    )
    print(f"Wrote {path}, with its card in README.md. Load it by --pretrained={path}.")
