"""Measures trained runs by rules that do not know how they were trained.

  zoo evaluate --workdir=runs/names
  zoo evaluate --workdir=runs/names --temperatures=0.7,1.0,1.3
  zoo evaluate --workdir=runs/digits --workdir=runs/other_digits --report=digits.html
  zoo evaluate --pretrained=surnames_lstm

Prints a table, and writes metrics.json into each run folder and a page for the browser. The
metrics are explained in docs/evaluation.md.
"""

import pathlib

from absl import flags

from zoo import commands, report
from zoo.errors import require

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of measuring."""
    flags.DEFINE_multi_string(
        "workdir",
        [],
        "A run folder; give it again for runs side by side. A folder of --seeds stands for "
        "the runs of all its seeds.",
    )
    flags.DEFINE_multi_string(
        "pretrained", [], "A published model, by name, folder or address; may be given again."
    )
    commands.define_checkpoint_flag()
    flags.DEFINE_string(
        "data", None, "For --pretrained: the data here, where it was trained on files of one's own."
    )
    flags.DEFINE_list("splits", ["validation", "test"], "The splits of the data to measure on.")
    flags.DEFINE_list(
        "metrics",
        None,
        "The metrics; by default all that apply, without fresh_bound, which trains a "
        f"discriminator and is written fresh_bound(steps=2000). Known: {commands.known('metrics')}",
    )
    flags.DEFINE_integer(
        "count", 1000, "The number of samples, where samples are measured.", lower_bound=2
    )
    flags.DEFINE_integer("seed", 0, "The seed of the samples.", 0, 2**31 - 1)
    flags.DEFINE_string(
        "sampler",
        None,
        "For autoregressive models: how each token is drawn, which is part of what is measured. "
        f"Known: {commands.known('samplers')} For models with a discriminator that estimates the "
        "density ratio: refine, which chooses among whole samples.",
    )
    flags.DEFINE_list(
        "temperatures",
        [],
        "For models of text: temperatures at which quality and diversity are measured in addition, "
        "such as 0.7,1.0,1.3.",
    )
    flags.DEFINE_string(
        "report",
        None,
        "The page to write; by default report.html in the run folder, or comparison.html in the "
        "first one if there are several.",
    )
    flags.DEFINE_string(
        "data_dir", None, "Where tensorflow-datasets keeps its data, if not as before."
    )
    flags.DEFINE_bool(
        "allow_changed_data", False, "Continue although the data has changed since the run began."
    )


def main() -> None:
    """Measures, prints, writes."""
    from zoo.runs.evaluation import Settings, evaluate_all

    metrics = tuple(commands.specs(FLAGS.metrics)) if FLAGS.metrics else None
    settings = Settings(tuple(FLAGS.splits), metrics, FLAGS.count, FLAGS.seed)
    # After the settings, which name the packages that these modules need.
    from zoo.report import page, runs, seeds, temperatures, terminal

    heats = temperatures.read(FLAGS.temperatures)
    require(
        bool(FLAGS.workdir or FLAGS.pretrained),
        "Nothing to evaluate: give --workdir or --pretrained.",
    )
    require(
        bool(FLAGS.workdir) or FLAGS.checkpoint is None,
        "A published model has one checkpoint: leave out --checkpoint.",
    )
    commands.require_pretrained_for_data(bool(FLAGS.pretrained))
    loaded = runs.load(
        FLAGS.workdir, FLAGS.data_dir, FLAGS.sampler, FLAGS.allow_changed_data, FLAGS.checkpoint
    ) + runs.load_pretrained(
        FLAGS.pretrained, FLAGS.data, FLAGS.data_dir, FLAGS.sampler, FLAGS.allow_changed_data
    )
    name = "report.html" if len(loaded) == 1 else "comparison.html"
    path = report.writable(FLAGS.report or loaded[0].results_folder / name)
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
    for line in (*seeds.unfinished(evaluations), *runs.beside_published(evaluations)):
        print(line)
    for run in loaded:
        print(f"Wrote {run.results_folder / 'metrics.json'}.")
    print(f"Wrote {path}: open {pathlib.Path(path).resolve().as_uri()}")
