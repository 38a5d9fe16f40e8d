"""The runs that faults are done to: a tiny one by each trainer, and how two of a kind compare."""

import dataclasses
import functools
import pathlib
import shutil
import tempfile
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.processes import Program, Programs

STEPS = 12
_PAIRS = "--data=pairs(joint=[[0.4, 0.1], [0.2, 0.3]])"
_POINTS = "--data=gaussian_mixture(path='zoo/distributions/two_modes.json')"
_EMA = "--average_decay=0.9"
_LSTM = "--model=lstm(units=4, layers=1, dropout=0.3)"
# The flags of each kind of run; {teacher} and {generator} are run folders.
KINDS = {
    "likelihood": [
        *("--data=surnames", _LSTM, "--objective=maximum_likelihood", _EMA),
        *("--warmup_steps=3", "--decay=cosine"),
    ],
    "likelihood, --keep_best": [
        *(_PAIRS, "--model=table", "--objective=maximum_likelihood", _EMA, "--learning_rate=0.1"),
        *("--keep_best=nll", "--sample_every=1"),
    ],
    "scheduled sampling": [
        *(_PAIRS, _LSTM, "--objective=scheduled_sampling(keep_probability=0.5)", _EMA),
    ],
    "distillation": [
        *(_PAIRS, "--model=table", "--objective=distillation(teacher='{teacher}', own=0.5)", _EMA),
    ],
    "adversarial, images": [
        *("--data=mnist_5k", "--model=dcgan(width=4, spectral_normalisation=True)", _EMA),
        *("--objective=generalised_js(pi=[0.2, 0.8], pi_steps=8)", "--optimizer=adam(beta_1=0.5)"),
    ],
    "adversarial, texts": [
        *(_PAIRS, "--model=text_gan(generator='lstm(units=4)', width=4)", _EMA),
        "--objective=generalised_js(estimator='reinforce()')",
    ],
    "cooperative": [
        *(_PAIRS, "--model=mediated(generator='lstm(units=4)')", "--objective=mediated_js", _EMA),
    ],
    "implicit": [_POINTS, "--model=gaussian", "--objective=moment_matching", _EMA],
    "discriminative": [
        *(_POINTS, "--model=gaussian", "--objective=density_ratio", "--init_from={generator}"),
    ],
}
_OTHERS = {
    "teacher": [_PAIRS, "--model=table", "--objective=maximum_likelihood", "--learning_rate=0.1"],
    "generator": KINDS["implicit"],
}


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault, and what ought to come of it.

    Attributes:
        name: the fault in words.
        expected: in words.
        do: does it; returns how often, what came of it in words, and how often that was something
            else than what is expected. Returns a sentence instead where it cannot be done here.
    """

    name: str
    expected: str
    do: Callable[[], tuple[int, str, int] | str]


class Place:
    """The place of the runs.

    Args:
        programs: starts programs.
        folder: an empty folder.
        environment: that of the programs.
    """

    def __init__(self, programs: Programs, folder: pathlib.Path, environment: dict[str, str]):
        self.programs, self.folder, self.environment = programs, folder, environment

    def fresh(self) -> pathlib.Path:
        """A new empty folder."""
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def start(self, *arguments) -> Program:
        """Starts a program."""
        return self.programs.start(*arguments, env=self.environment)

    def ended(self, *arguments) -> Program:
        """Runs a program to its end."""
        return self.programs.run(*arguments, env=self.environment)

    def finish(self, *arguments) -> None:
        """Runs a program to its end.

        Raises:
            RuntimeError: it ends with an error.
        """
        ended = self.ended(*arguments)
        if ended.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))} failed: {ended.stderr[-2000:]}")

    def command(self, kind: str, workdir: pathlib.Path, *more) -> list[str]:
        """The command that trains a run of a kind."""
        others = {"teacher": self.folder / "teacher", "generator": self.folder / "generator"}
        for name, path in others.items():
            if any(f"{{{name}}}" in flag for flag in KINDS[kind]):
                self._other(name, path)
        flags = [
            flag.format(**others) if "{teacher}" in flag or "{generator}" in flag else flag
            for flag in KINDS[kind]
        ]
        return [*_every(workdir), *flags, *more]

    @functools.cache  # noqa: B019 (there is one place)
    def _other(self, name, path):
        self.finish(*_every(path), *_OTHERS[name])

    @functools.cache  # noqa: B019
    def whole(self, kind: str) -> pathlib.Path:
        """The folder of a run of a kind that nothing disturbs."""
        workdir = self.fresh() / "whole"
        self.finish(*self.command(kind, workdir))
        return workdir

    @functools.cache  # noqa: B019
    def _begun(self, kind, step):
        workdir = self.fresh() / "begun"
        self.finish(*self.command(kind, workdir, f"--steps={step}", f"--decay_steps={STEPS}"))
        return workdir

    def begun(self, kind: str, step: int) -> pathlib.Path:
        """A new folder with a run of a kind that has made some steps."""
        workdir = self.fresh() / "run"
        shutil.copytree(self._begun(kind, step), workdir)
        return workdir

    def finished_equal(self, kind: str, workdir: pathlib.Path) -> bool:
        """Trains a run to its end; True if every number is that of the run nothing disturbed."""
        whole = state(self.whole(kind))
        self.finish(*self.command(kind, workdir))
        return equal(state(workdir), whole)


def _every(workdir):
    return [
        *("train.py", f"--workdir={workdir}", f"--steps={STEPS}", "--batch_size=4"),
        *("--strategy=cpu", "--checkpoint_every=1", "--sample_every=0"),
    ]


def latest(workdir: pathlib.Path) -> int:
    """The step of the latest checkpoint of a run, 0 where there is none."""
    path = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    return int(path.rpartition("-")[-1]) if path else 0


def state(workdir: pathlib.Path) -> dict[str, np.ndarray]:
    """Every number of the latest checkpoint of a run."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(workdir / "checkpoints")))
    names = [name for name in reader.get_variable_to_shape_map() if "ATTRIBUTES" in name]
    return {name: reader.get_tensor(name) for name in names if "save_counter" not in name}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """True if two states agree bit by bit."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


def wait_for_step(program: Program, workdir: pathlib.Path, step: int) -> bool:
    """Waits for a checkpoint of a step, or the program's end; True if it has come."""
    while program.poll() is None:
        if (workdir / "checkpoints" / f"ckpt-{step}.index").exists():
            return True
        time.sleep(0.003)
    return False
