"""Keras callbacks of a run: progress, logs, checkpoints, samples, stopping."""

import collections
import contextlib
import math
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from zoo.errors import TrainingDivergedError

_SCALARS_EVERY = 10  # steps
_LINE_EVERY = 30  # seconds


class EveryStep(keras.callbacks.Callback):
    """Calls `after_step(step, logs)` with the total number of steps of the run."""

    def __init__(self, first_step: int):
        super().__init__()
        self.first_step = first_step

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Continues the count from the first step."""
        self.after_step(self.first_step + batch + 1, logs)

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Acts after each step."""
        raise NotImplementedError


class Every(EveryStep):
    """Calls `action(step)` at a fixed interval of steps.

    Args:
        first_step: the steps that the run had made before.
        steps: the steps between two calls; 0: never.
        action: the function to call.
    """

    def __init__(self, first_step: int, steps: int, action: Callable[[int], object]):
        super().__init__(first_step)
        self._steps, self._action = steps, action

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Calls the action when it is due."""
        if self._steps and step % self._steps == 0:
            self._action(step)


class StopAtNaN(EveryStep):
    """Stops with an error as soon as a logged value is not finite."""

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Raises TrainingDivergedError if a logged value of the step is not finite."""
        for name, value in logs.items():
            if not math.isfinite(value):
                raise TrainingDivergedError(
                    f"At step {step} the {name} is {value}. The last checkpoint is whole. Try a "
                    "lower --learning_rate, --clip_norm=1, --precision=float32 or another --seed, "
                    "in a new --workdir."
                )


class Progress(EveryStep):
    """Shows a progress bar over the remaining steps, or a line now and then without a terminal."""

    def __init__(self, first_step: int, last_step: int):
        super().__init__(first_step)
        self._last_step, self._smoothed = last_step, {}
        left = last_step - first_step
        self._bar = keras.utils.Progbar(left, interval=0.5) if sys.stdout.isatty() else None
        self._begin = self._line = time.monotonic()

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Shows logged values smoothed over the last twenty steps or so."""
        for name, value in logs.items():
            before = self._smoothed.get(name, value)
            self._smoothed[name] = before + 0.05 * (value - before)
        if self._bar is not None:
            self._bar.stateful_metrics = set(self._smoothed)
            self._bar.update(step - self.first_step, list(self._smoothed.items()))
        elif time.monotonic() - self._line > _LINE_EVERY or step == self._last_step:
            self._print_line(step)

    def _print_line(self, step):
        self._line = time.monotonic()
        seconds = (self._line - self._begin) / (step - self.first_step)
        figures = " - ".join(f"{name}: {value:.4f}" for name, value in self._smoothed.items())
        print(f"{step}/{self._last_step} - {seconds:.3f} s/step - {figures}", flush=True)


class Scalars(EveryStep):
    """Writes logged values and validation metrics to TensorBoard.

    Args:
        first_step: the steps that the run had made before.
        folder: the folder of the event files.
        validation: batches of held-out examples for the trainer's `test_step`.
        validate_every: the steps between two validations; 0: none.
        validated: called with the step and the means of the validation metrics.
        lent: a context manager that lends the model the weights to validate.
    """

    def __init__(
        self,
        first_step: int,
        folder: pathlib.Path,
        validation: list,
        validate_every: int,
        validated: Callable[[int, dict[str, float]], object],
        lent: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext,
    ):
        super().__init__(first_step)
        self._writer = tf.summary.create_file_writer(str(folder))
        self._validation, self._validate_every = validation, validate_every
        self._validated, self._lent = validated, lent
        self._recent = collections.defaultdict(list)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Traces the trainer's `test_step`."""
        self._test_step = tf.function(self.model.test_step)

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Collects the values of the step, and writes their means when they are due."""
        for name, value in logs.items():
            self._recent[name].append(value)
        if step % _SCALARS_EVERY == 0:
            self._write("train", _means(self._recent), step)
            self._recent.clear()
        if self._validate_every and step % self._validate_every == 0:
            with self._lent():
                figures = self._validate()
            self._write("validation", figures, step)
            self._validated(step, figures)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the file."""
        self._writer.close()

    def _validate(self):
        figures = collections.defaultdict(list)
        for number, batch in enumerate(self._validation):
            # A tensor: a Python integer would be traced anew for each batch.
            for name, value in self._test_step(batch, tf.constant(number, tf.int64)).items():
                figures[name].append(value)
        return _means(figures)

    def _write(self, prefix, figures, step):
        with self._writer.as_default():
            for name, value in figures.items():
                tf.summary.scalar(f"{prefix}/{name}", value, step=step)


def _means(figures):
    """The mean of each metric; of those given as (sum, count) the sums over the counts."""
    return {name: _mean(values) for name, values in figures.items()}


def _mean(values):
    if isinstance(values[0], tuple):
        total, count = (sum(float(part) for part in parts) for parts in zip(*values, strict=True))
        return total / count
    return sum(float(value) for value in values) / len(values)


class StopWhen(keras.callbacks.Callback):
    """Stops training after a signal, at the end of the step.

    Args:
        received: the list of signals that `signals` fills.
        total: adds up a number of each worker, so that all stop at the same step.
    """

    def __init__(self, received: list[int], total: Callable[[int], int]):
        super().__init__()
        self._received, self._total = received, total

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stops training if a signal has come to any worker."""
        if self._total(len(self._received)):
            self.model.stop_training = True


@contextlib.contextmanager
def signals() -> Iterator[list[int]]:
    """Catches Ctrl-C and SIGTERM instead of letting them end the process.

    A second Ctrl-C interrupts at once. Outside the main thread, where Python takes no signals,
    nothing is changed.

    Yields:
        A list of the numbers of the signals that have come.
    """
    received = []

    def receive(number, frame):
        del frame
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
