"""Keras optimizers from specs, and learning-rate schedules."""

import dataclasses
import inspect

import keras
import tensorflow as tf

from zoo import replicas, spec
from zoo.errors import SpecError, require
from zoo.runs.experiment import Experiment

_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
# Arguments that other flags decide.
_TAKEN = {"learning_rate", "name", "kwargs", "use_ema", "ema_momentum", "ema_overwrite_frequency"}
_TAKEN |= {"clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"}
_TAKEN |= {"gradient_accumulation_steps"}


Rate = float | keras.optimizers.schedules.LearningRateSchedule


class After(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate of 0 up to a step, and then what it would have been at that step.

    An optimizer gathers its moments meanwhile: its first step that counts is no larger than others.

    Args:
        first: the number of updates with rate 0.
        rate: the learning rate from there on, a number or a schedule of all updates.
    """

    def __init__(self, first: int, rate: Rate):
        self.first, self.rate = first, rate

    def __call__(self, step: tf.Tensor):
        """The learning rate of an update, float32 []."""
        scheduled = isinstance(self.rate, keras.optimizers.schedules.LearningRateSchedule)
        rate = tf.cast(self.rate(step) if scheduled else self.rate, tf.float32)
        return tf.where(tf.cast(step, tf.int64) < self.first, 0.0, rate)

    def get_config(self) -> dict:
        """The arguments."""
        return {"first": self.first, "rate": self.rate}


@dataclasses.dataclass(frozen=True)
class Optimizer:
    """The spec of an optimizer, read; each network that is trained gets its own.

    Attributes:
        name: the name of a Keras optimizer in lower case.
        arguments: the arguments that are given.
    """

    name: str
    arguments: dict[str, float]

    def build(self, learning_rate: Rate, clip_norm: float) -> keras.optimizers.Optimizer:
        """Builds the Keras optimizer.

        Args:
            learning_rate: a number or a schedule.
            clip_norm: the largest global norm of the gradients; 0: no clipping.

        Raises:
            SpecError: a value that Keras refuses.
        """
        try:
            return _OPTIMIZERS[self.name](
                learning_rate=learning_rate, global_clipnorm=clip_norm or None, **self.arguments
            )
        except ValueError as error:
            written = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
            raise SpecError(f"{self.name}({written}): {error}") from None

    def require_known(self) -> None:
        """Raises SpecError for an unknown name or argument, or a value that cannot be."""
        if self.name not in _OPTIMIZERS:
            known = ", ".join(_OPTIMIZERS)
            raise SpecError(f"There is no optimizer {self.name!r}. Known: {known}.")
        defaults = _defaults(self.name)
        written = ", ".join(f"{key}={value!r}" for key, value in defaults.items())
        usage = f"It is written {self.name}({written})."
        for key, value in self.arguments.items():
            require(key in defaults, f"{self.name} takes no argument {key!r}. {usage}")
            is_number = isinstance(value, (int, float)) and spec.is_number_within_limits(value)
            require(
                is_number,
                f"{self.name}: {key}={value!r} should be a number or a truth value, and finite. "
                f"{usage}",
            )
        self.build(1e-3, clip_norm=0.0)  # Keras refuses some values only now

    def meaning(self) -> tuple[str, dict]:
        """The name and all arguments, equal for two spellings of the same optimizer."""
        return self.name, _defaults(self.name) | self.arguments


def _defaults(name):
    return {
        key: parameter.default
        for key, parameter in inspect.signature(_OPTIMIZERS[name]).parameters.items()
        if key not in _TAKEN
    }


def for_network(
    experiment: Experiment, optimizer: Optimizer, updates: int, waiting: int
) -> keras.optimizers.Optimizer:
    """Builds the optimizer of one network, with its own count of updates.

    Args:
        experiment: the experiment, whose steps the schedule is given in.
        optimizer: its optimizer.
        updates: the updates of the network in a training step.
        waiting: the training steps before the network's first update.
    """
    rate = learning_rate(
        experiment.learning_rate,
        updates * experiment.warmup_steps,
        experiment.decay,
        updates * (experiment.decay_steps or experiment.steps),
    )
    if waiting:
        rate = After(updates * waiting, rate)
    # Each replica hands over its share of the mean gradient, see `zoo.replicas.descend`.
    return optimizer.build(rate, experiment.clip_norm / replicas.count())


def learning_rate(peak: float, warmup_steps: int, decay: str, decay_steps: int) -> Rate:
    """The learning rate over a run: a linear warm-up, then constant or half a cosine to zero.

    Args:
        peak: the peak rate.
        warmup_steps: the steps over which it rises from 0; 0: no warm-up.
        decay: "constant" or "cosine".
        decay_steps: the step at which the cosine reaches 0.

    Returns:
        A number, or a Keras schedule.
    """
    if decay == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup_steps else peak,
            decay_steps=max(1, decay_steps - warmup_steps),
            warmup_target=peak if warmup_steps else None,
            warmup_steps=warmup_steps,
        )
    if warmup_steps:
        return keras.optimizers.schedules.PolynomialDecay(0.0, warmup_steps, peak)
    return peak
