"""Keras optimizers from specs, and learning-rate schedules."""

import dataclasses
import inspect

import keras
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError, require

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
    """The spec of an optimizer that has been read; each network that is trained gets its own.

    Attributes:
        text: the spec as it was written.
        name: the name of a Keras optimizer in lower case.
        arguments: the arguments that are given.
    """

    text: str
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
            raise SpecError(f"{self.text}: {error}") from None

    def meaning(self) -> tuple[str, dict]:
        """The name and all arguments, equal for two spellings of the same optimizer."""
        return self.name, _defaults(self.name) | self.arguments


def read(text: str) -> Optimizer:
    """Reads the spec of an optimizer such as `"adam(beta_1=0.5)"`.

    Args:
        text: the name of a Keras optimizer in lower case, with its arguments.

    Raises:
        SpecError: an unknown name or argument, or a value that is no finite number.
    """
    name, arguments = spec.parse(text)
    if name not in _OPTIMIZERS:
        raise SpecError(f"There is no optimizer {name!r}. Known: {', '.join(_OPTIMIZERS)}.")
    defaults = _defaults(name)
    written = f"It is written {name}({', '.join(f'{k}={v!r}' for k, v in defaults.items())})."
    for key, value in arguments.items():
        require(key in defaults, f"{name} takes no argument {key!r}. {written}")
        is_number = isinstance(value, (int, float)) and spec.is_number_within_limits(value)
        require(
            is_number,
            f"{name}: {key}={value!r} should be a number or a truth value, and finite. {written}",
        )
    return Optimizer(text, name, arguments)


def _defaults(name):
    return {
        key: parameter.default
        for key, parameter in inspect.signature(_OPTIMIZERS[name]).parameters.items()
        if key not in _TAKEN
    }


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
