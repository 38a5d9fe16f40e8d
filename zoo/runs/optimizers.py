"""Keras optimizers from specs, and learning-rate schedules."""

import inspect

import keras

from zoo import spec
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


def of_experiment(
    experiment: Experiment, updates: int = 1, replicas: int = 1
) -> keras.optimizers.Optimizer:
    """Builds an experiment's optimizer, whose learning rate follows the training steps.

    Args:
        experiment: the experiment.
        updates: the optimizer's updates per training step.
        replicas: the number of replicas, each of which hands over its share of the mean gradient,
            see `zoo.replicas.descend`.

    Raises:
        SpecError: see `build`.
    """
    rate = learning_rate(
        experiment.learning_rate,
        updates * experiment.warmup_steps,
        experiment.decay,
        updates * (experiment.decay_steps or experiment.steps),
    )
    return build(experiment.optimizer, rate, experiment.clip_norm / replicas)


def build(text: str, learning_rate: Rate, clip_norm: float) -> keras.optimizers.Optimizer:
    """Builds the optimizer of a spec such as `"adam(beta_1=0.5)"`.

    Args:
        text: the name of a Keras optimizer in lower case, with its arguments.
        learning_rate: a number or a schedule.
        clip_norm: the largest global norm of the gradients; 0: no clipping.

    Returns:
        A Keras optimizer.

    Raises:
        SpecError: an unknown name or argument, or a value that Keras refuses.
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
    try:
        return _OPTIMIZERS[name](
            learning_rate=learning_rate, global_clipnorm=clip_norm or None, **arguments
        )
    except ValueError as error:
        raise SpecError(f"{text}: {error}") from None


def meaning(text: str) -> tuple[str, dict]:
    """The name and all arguments of an optimizer, equal for two spellings of its spec."""
    name, arguments = spec.parse(text)
    return name, _defaults(name) | arguments


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
