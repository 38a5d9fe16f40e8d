"""Compares training on N replicas with training on one, for every objective.

    python -m benchmarks.replicas [--optimizer SPEC --learning_rate RATE] [--output FILE] [PART ...]

Each row trains 20 steps on the same global batches: on one CPU device, on 2 and on 4 virtual CPU
devices of a process, and in 2 worker processes on loopback. Its figures are the largest absolute
difference between a number of the training state (weights, moving statistics, EMA weights, the
state of optimizers and baselines) and the same number on one device, after one step and after 20;
and beside them how far training moved any number. The two workers have to end with equal states.

The optimizer is sgd with a learning rate of 0.05, unless others are given.

PART: only rows whose specs hold it. FILE: JSON of all rows. The status is 1 if a row differs by
more than `LIMITS`, or fails.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.processes import tf_configs
from zoo.objectives.base.contracts import DistillationObjective
from zoo.runs import building, strategies, teaching
from zoo.runs.experiment import Experiment
from zoo.runs.run_folder import RunFolder

LIMITS = {1: 1e-5, 20: 1e-3}  # by the number of steps
BATCH_SIZE = 8
_SETTINGS = {"batch_size": BATCH_SIZE, "clip_norm": 1.0, "average_decay": 0.5, "steps": 20}
# A density ratio asks for the run whose generator it keeps; here that one is new as well.
_SETTINGS |= {"init_from": "another run"}
_SECONDS = 600  # that one training may take
_NAMES, _BITS = "surnames", "mnist_5k(binary=True)"
_MIXTURE = "gaussian_mixture(path='zoo/distributions/two_modes.json')"
_LSTM, _GRU = "lstm(units=8, layers=1, dropout=0.3)", "gru(units=8, layers=1, dropout=0.3)"
_TRANSFORMER = "transformer(units=8, layers=1, heads=2, dropout=0.3)"
_TEXT_GAN = "text_gan(generator='lstm(units=8, layers=1)', width=8, dropout=0.2)"
_MEDIATED = "mediated(generator='lstm(units=8, layers=1, dropout=0.3)')"
_TEACHER = "teacher='surnames_lstm'"
ROWS = [
    *((_NAMES, model, "maximum_likelihood") for model in (
        _LSTM, _GRU, _TRANSFORMER, "independent",
    )),
    ("pairs(joint=[[0.4, 0.1], [0.2, 0.3]])", "table", "maximum_likelihood"),
    (_BITS, "pixel_cnn(width=4, layers=3, dropout=0.2)", "maximum_likelihood"),
    (_NAMES, _LSTM, "scheduled_sampling(keep_probability=0.5)"),
    (_NAMES, _GRU, "scheduled_sampling(keep_probability=0.5, coin='sequence', "
                   "replacement='argmax')"),
    (_NAMES, _TRANSFORMER, "scheduled_sampling(keep_probability=0.5, passes=3)"),
    ("mnist_5k", "mlp_gan", "generalised_js"),
    ("mnist_5k", "dcgan(width=4)", "generalised_js(r1=0.1)"),
    ("mnist_5k(labels=True)", "dcgan(width=4)", "generalised_js(pi=[0.5, 0.9], pi_steps=10, "
     "discriminator_steps=2, generator_loss='forward_kl', instance_noise=0.1)"),
    ("mnist_5k", "dcgan(width=4, spectral_normalisation=True)",
     "generalised_js(pi=0.25, weighting='batch_ratio')"),
    ("mnist_5k", "resnet_gan(width=4)", "generalised_js(generator_loss='exact')"),
    (_MIXTURE, "gaussian", "generalised_js(estimator='pathwise()')"),
    *((_NAMES, _TEXT_GAN, f'generalised_js(estimator="{estimator}")') for estimator in (
        "reinforce()", "reinforce(rewards='prefixes', baseline='moving_average')",
        "reinforce(baseline='none', rollouts=1)", "gumbel_softmax()",
    )),
    (_NAMES, _MEDIATED, "mediated_js"),
    (_NAMES, _MEDIATED, "mediated_js(future=True, mediator_steps=2, generator_loss='exact')"),
    ("mnist_5k", "mlp_gan", "moment_matching"),
    ("mnist_5k(labels=True)", "dcgan(width=4)", "moment_matching(bandwidths=[2.0, 8.0])"),
    (_MIXTURE, "gaussian", "moment_matching"),
    *((_NAMES, _GRU, f"distillation({_TEACHER}, {more})") for more in (
        "pi=0.0", "own=0.5", "own=0.5, future=True", "own=1.0, pi=1.0",
    )),
    (_MIXTURE, "gaussian", "density_ratio(r1=0.1)"),
    ("mnist_5k", "dcgan(width=4)", "density_ratio"),
    (_NAMES, _TEXT_GAN, "density_ratio(pi=0.25)"),
]  # fmt: skip


def take_steps(settings: dict, devices: int, task: str | None, path: str) -> None:
    """Trains in this process, and writes the training state at the start and after each of LIMITS.

    Args:
        settings: fields of the experiment.
        devices: the number of virtual CPU devices.
        task: the text of TF_CONFIG of a worker; None: this process trains alone.
        path: the .npz file to write, with an array for each number of steps.
    """
    if task is not None:
        os.environ["TF_CONFIG"] = task
    cpu = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(cpu, logical)
    one = "cpu" if devices == 1 else "mirrored"
    experiment = Experiment(**settings, strategy=one if task is None else "multi_worker")
    strategy = strategies.strategy(experiment)
    parts = building.compose(experiment)
    dataset = parts.specs.data.build(None)
    with strategy.scope():
        trainer = building.build_trainer(experiment, parts, dataset.domain)
        if isinstance(parts.objective, DistillationObjective):
            nowhere = RunFolder(f"{path}.run")
            trainer.learn_from(teaching.teacher_of(parts.objective, dataset.domain, nowhere)[0])
    found = {"0": _state(trainer)}
    for steps in itertools.pairwise((0, *LIMITS)):
        data = strategies.fed(strategy, trainer, dataset, experiment.seed, steps)
        trainer.fit(data, steps_per_epoch=steps[1] - steps[0], shuffle=False, verbose=0)
        found[str(steps[1])] = _state(trainer)
    np.savez(path, **found)


def _state(trainer):
    """All numbers of the training state but counts of steps, float64 [N]."""
    values = (v.numpy() for v in itertools.chain.from_iterable(trainer.components().values()))
    return np.concatenate([np.ravel(v).astype(np.float64) for v in values if v.dtype.kind == "f"])


def trained(settings: dict, replicas: int, workers: int = 1) -> list[dict[int, np.ndarray]]:
    """Trains in processes of their own; the states of each worker by the number of steps.

    Args:
        settings: fields of the experiment.
        replicas: the number of virtual CPU devices of a process.
        workers: the number of processes.

    Raises:
        RuntimeError: training failed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zoo.runs.training"])  # each process begins with it imported
    tasks = tf_configs(workers) if workers > 1 else [None]
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{index}.npz" for index in range(workers)]
        processes = []
        for task, path in zip(tasks, paths, strict=True):
            given = settings, replicas, task, path
            processes.append(context.Process(target=take_steps, args=given))
            processes[-1].start()
        for process in processes:
            process.join(_SECONDS)
        if any(process.exitcode != 0 for process in processes):
            for process in processes:
                process.kill()
            raise RuntimeError(f"Training failed: {settings}")
        return [{steps: np.load(path)[str(steps)] for steps in (0, *LIMITS)} for path in paths]


def compared(row: tuple[str, str, str], optimizer: str, learning_rate: float) -> dict:
    """Trains a row's experiment on one device and on replicas; a row of the JSON."""
    names = dict(zip(("data", "model", "objective"), row, strict=True))
    settings = _SETTINGS | names | {"optimizer": optimizer, "learning_rate": learning_rate}
    (alone,) = trained(settings, 1)
    workers = trained(settings, 1, workers=2)
    found = {"2 devices": trained(settings, 2)[0], "4 devices": trained(settings, 4)[0]}
    found["2 workers"] = workers[0]
    last = max(LIMITS)
    return names | {
        "moved": _distance(alone[last], alone[0]),
        "differences": {
            where: [_distance(state[steps], alone[steps]) for steps in LIMITS]
            for where, state in found.items()
        },
        "between workers": _distance(workers[0][last], workers[1][last]),
    }


def _distance(one, other):
    """The largest absolute difference; infinite where a number is not finite."""
    distance = float(np.max(np.abs(one - other)))
    return distance if np.isfinite(distance) else float("inf")


def within_limits(row: dict) -> bool:
    """True where replicas of a row train what one device does, and workers end alike."""
    pairs = (zip(found, LIMITS.values(), strict=True) for found in row["differences"].values())
    return row["between workers"] == 0 and all(
        difference <= limit for difference, limit in itertools.chain.from_iterable(pairs)
    )


def table(rows: list[dict]) -> list[str]:
    """The lines of the table of docs/scaling.md."""
    places = list(rows[0]["differences"])
    header = ["data", "model", "objective", "moved by"]
    header += [f"{where}: {' / '.join(map(str, LIMITS))} steps" for where in places]
    lines = [header, ["---"] * len(header)]
    for row in rows:
        specs = [f"`{row[name]}`" for name in ("data", "model", "objective")]
        differences = [" / ".join(f"{d:.1e}" for d in row["differences"][w]) for w in places]
        lines.append([*specs, f"{row['moved']:.2g}", *differences])
    return [f"| {' | '.join(cells)} |" for cells in lines]


def main(arguments: list[str] | None = None) -> int:
    """Prints the table's rows as they come; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--learning_rate", type=float, default=0.05)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART")
    given = parser.parse_args(arguments)
    rows, failed = [], 0
    for row in ROWS:
        if given.parts and not any(part in " ".join(row) for part in given.parts):
            continue
        try:
            found = compared(row, given.optimizer, given.learning_rate)
        except RuntimeError as error:
            print(error, flush=True)
            failed += 1
            continue
        rows.append(found)
        failed += not within_limits(found)
        note = "" if within_limits(found) else "  <- differs"
        print(table([found])[-1] + note, flush=True)
        if given.output is not None:
            given.output.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
