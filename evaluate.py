"""Measures trained runs by rules that do not know what trained them.

  python evaluate.py --workdir=runs/names
  python evaluate.py --workdir=runs/names --temperatures=0.7,1.0,1.3
  python evaluate.py --workdir=runs/digits --workdir=runs/other_digits --report=digits.html

Prints a table, writes metrics.json into each run folder and a page for the browser. What the
measures say is in docs/evaluation.md.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from absl import app, flags, logging

from zoo import report, spec
from zoo.errors import explained, require

FLAGS = flags.FLAGS

flags.DEFINE_multi_string(
    "workdir", None, "A run folder of train.py; give it again for runs side by side.", required=True
)
flags.DEFINE_list("splits", ["validation", "test"], "The parts of the data to measure on.")
flags.DEFINE_list(
    "metrics",
    None,
    f"What is measured; by default all that can be. Known: {', '.join(spec.names('metrics'))}.",
)
flags.DEFINE_integer("count", 1000, "How many samples, where samples are measured.", lower_bound=2)
flags.DEFINE_integer("seed", 0, "Of the samples.", lower_bound=0, upper_bound=2**31 - 1)
flags.DEFINE_string(
    "sampler",
    None,
    "Of models that draw symbol by symbol, how each is drawn; it is part of what is measured. "
    f"Known: {', '.join(spec.names('samplers'))}.",
)
flags.DEFINE_list(
    "temperatures",
    [],
    "Of models of text, at which temperatures quality and diversity are measured besides, such "
    "as 0.7,1.0,1.3.",
)
flags.DEFINE_string(
    "report",
    None,
    "The page to write; by default report.html in the run folder, and comparison.html in the "
    "first one where there are several.",
)
flags.DEFINE_string("data_dir", None, "Where tensorflow-datasets keeps its data, if not as before.")
flags.DEFINE_bool(
    "allow_changed_data", False, "Go on although the data has changed since the run began."
)


@explained
def main(argv):
    """Measures, prints, writes."""
    if argv[1:]:
        raise app.UsageError(f"Not a flag: {' '.join(argv[1:])}")
    logging.set_verbosity(logging.WARNING)
    report.require_packages()
    from zoo.report import page, runs, temperatures, terminal
    from zoo.runs.evaluation import Settings, evaluate_all

    metrics = tuple(FLAGS.metrics) if FLAGS.metrics else None
    settings = Settings(tuple(FLAGS.splits), metrics, FLAGS.count, FLAGS.seed)
    heats = temperatures.read(FLAGS.temperatures)
    loaded = runs.load(FLAGS.workdir, FLAGS.data_dir, FLAGS.sampler, FLAGS.allow_changed_data)
    name = "report.html" if len(loaded) == 1 else "comparison.html"
    path = report.writable(FLAGS.report or loaded[0].folder.path / name)
    texts = [run for run in loaded if temperatures.pairs(run)]
    require(bool(texts or not heats), "temperatures: none of the runs is of a model of texts.")

    evaluations = evaluate_all(loaded, settings, terminal.progress)
    print(terminal.table(evaluations))
    trade_offs = [
        temperatures.trade_off(run, heats, settings, terminal.progress)
        if heats and run in texts
        else []
        for run in loaded
    ]
    with terminal.progress("writing the page"):
        page.write(path, evaluations, trade_offs)
    for line in terminal.left_out(evaluations):
        print(line)
    for run in loaded:
        print(f"Wrote {run.folder.path / 'metrics.json'}.")
    print(f"Wrote {path}: open {pathlib.Path(path).resolve().as_uri()}")


if __name__ == "__main__":
    app.run(main)
