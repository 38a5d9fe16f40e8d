"""Measures a trained run by rules that do not know what trained it.

  python evaluate.py --workdir=runs/names

Prints a table and writes metrics.json into the run folder.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from absl import app, flags, logging

from zoo.errors import explained
from zoo.evaluation import evaluate, table
from zoo.experiment import load

FLAGS = flags.FLAGS

flags.DEFINE_string("workdir", None, "The run folder of train.py.", required=True)
flags.DEFINE_list("splits", ["validation", "test"], "The parts of the data to measure on.")
flags.DEFINE_integer("count", 1000, "How many samples, where samples are measured.", lower_bound=2)
flags.DEFINE_integer("seed", 0, "Of the samples.", lower_bound=0, upper_bound=2**31 - 1)
flags.DEFINE_string("data_dir", None, "Where tensorflow-datasets keeps its data, if not as before.")


@explained
def main(argv):
    """Measures, prints, writes."""
    if argv[1:]:
        raise app.UsageError(f"Not a flag: {' '.join(argv[1:])}")
    logging.set_verbosity(logging.WARNING)
    run = load(FLAGS.workdir, FLAGS.data_dir)
    measured = evaluate(run, splits=FLAGS.splits, count=FLAGS.count, seed=FLAGS.seed)
    print(table(measured))
    print(f"Wrote {run.folder.path / 'metrics.json'}.")


if __name__ == "__main__":
    app.run(main)
