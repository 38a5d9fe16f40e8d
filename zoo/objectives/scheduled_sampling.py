"""Scheduled sampling: predicts real tokens from prefixes that the model partly drew itself.

Each token of the prefix is the real one with probability ε, and otherwise the model's own
prediction from the prefix up to there. The target stays the real next token, and no gradient
flows through the model's tokens. Unless ε = 1, which is maximum likelihood, the optimum is not
the data: see `zoo.theory.scheduled_sampling`. Unlike `generate`, the model may draw the unknown
token here, and goes on after an end token.

Source: S. Bengio et al. (2015), arXiv 1506.03099; F. Huszár (2015), arXiv 1511.05101, section 2.
"""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from zoo import randomness, replicas, samplers, spec
from zoo.batch import Batch
from zoo.errors import require
from zoo.objectives.base import schedules
from zoo.objectives.base.contracts import LikelihoodObjective

Schedule = Literal["constant", "linear", "exponential", "inverse_sigmoid"]
Coin = Literal["token", "sequence"]
Replacement = Literal["sample", "argmax"]

_COINS, _NOISE = -1, -2  # numbers for keys; a model gives its dropout those from 0 up
_DEFAULT = "inverse_sigmoid", {"k": 300.0, "minimum": 0.25}


def build(
    *,
    schedule: Schedule | None = None,
    keep_probability: float | None = None,
    decrease: float | None = None,
    minimum: float | None = None,
    k: float | None = None,
    coin: Coin = "token",
    replacement: Replacement = "sample",
    passes: int | None = None,
) -> "ScheduledSampling":
    """Scheduled sampling, whose ε at training step i = 0, 1, ... is given by the schedule.

        constant          ε = keep_probability
        linear            ε = max(minimum, keep_probability - decrease i)
        exponential       ε = max(minimum, k^i)
        inverse_sigmoid   ε = max(minimum, k / (k + exp(i / k)))

    Without any of these numbers the schedule is the inverse sigmoid with k = 300 and a minimum of
    1/4: nearly all tokens are real at first, half of them at step 1,711, and a quarter from step
    2,041 on, however long training goes on. It does not end at 0, where the model would learn
    nothing about how tokens depend on each other.

    Args:
        schedule: how ε changes; None: "constant" if a number is given, else the default above.
        keep_probability: the probability that a real token is kept, ε, always or (linear, where
            None is 1) at first. Where it stays 1, this is maximum likelihood, token by token.
        decrease: how much a linear ε falls at each step.
        minimum: where ε stops to fall; None: at 0.
        k: below 1 for the exponential schedule, at least 1 for the inverse sigmoid, which falls
            to 1/2 at step k log k.
        coin: whether each "token" is kept or replaced on its own, or each "sequence" as a whole,
            which is another algorithm, and did worse in the experiments of Bengio et al.
        replacement: a "sample" of the model's distribution, or its most likely token, "argmax".
        passes: for models that compute the predictions at all times at once: the number of
            passes, at least 2. The first reads real tokens, each later one the tokens drawn in
            the pass before. As many as there are tokens is exact, fewer are faster and not exact;
            a single one would be maximum likelihood. None: exact, too, by drawing token by token
            and then computing all predictions. For recurrent models and tables, which are exact
            anyway, it changes nothing.

    Raises:
        SpecError: a number that the schedule does not take or lacks, or with which ε would leave
            [0, 1]; fewer than 2 passes.
    """
    numbers = {
        "keep_probability": keep_probability,
        "decrease": decrease,
        "minimum": minimum,
        "k": k,
    }
    given = {name: value for name, value in numbers.items() if value is not None}
    if schedule is None:
        schedule, given = ("constant", given) if given else _DEFAULT
    function = _chosen(schedule, given)
    require(
        passes is None or passes >= 2,
        "scheduled_sampling: passes=1 reads real tokens only, which is maximum_likelihood; "
        f"give at least 2, or None; received {passes}.",
    )
    return ScheduledSampling(function, coin, replacement, passes)


def _chosen(schedule, given):
    """ε as a function of the step: the schedule of this name with the numbers given."""
    function = schedules.SCHEDULES[schedule]
    takes = spec.parameters(function)
    needs = {name for name, parameter in takes.items() if parameter.default is parameter.empty}
    received = ", ".join(f"{name}={value!r}" for name, value in given.items()) or "nothing"
    shown = ", ".join(map(_shown, takes.values()))
    require(
        needs <= given.keys() <= takes.keys(),
        f"scheduled_sampling: schedule={schedule!r} takes {shown}; received {received}.",
    )
    return function(**given)


def _shown(parameter):
    """A parameter as a spec writes it, with its default."""
    has_default = parameter.default is not parameter.empty
    return f"{parameter.name}={parameter.default!r}" if has_default else parameter.name


class ScheduledSampling(LikelihoodObjective):
    """Predicts every real token from a prefix that the model partly drew itself."""

    def __init__(
        self, schedule: Callable, coin: Coin, replacement: Replacement, passes: int | None
    ):
        self._schedule, self._coin = schedule, coin
        self._replacement, self._passes = replacement, passes

    def keep_probability_at(self, step: int | tf.Tensor):
        """ε at a training step, an integer or an integer tensor []: a float64 tensor []."""
        return self._schedule(tf.cast(step, tf.float64))

    def logged(self, step: int | tf.Tensor) -> dict:
        """ε at a training step."""
        return {"keep_probability": self.keep_probability_at(step)}

    def predict(
        self, model: Any, batch: Batch, step: int | tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Predicts the tokens of a batch; see `LikelihoodObjective.predict`.

        At ε = 1 these are the predictions of `zoo.objectives.maximum_likelihood`.
        """
        inputs, targets, token_mask = model.read(*batch)
        batch_size, length = tf.unstack(tf.shape(inputs))
        tossed = [batch_size, length if self._coin == "token" else 1]
        heads = _uniform(key, _COINS, tossed) < tf.cast(self.keep_probability_at(step), tf.float32)
        kept = tf.logical_or(heads, tf.range(length) == 0)  # nothing replaces the start token
        noise = _uniform(key, _NOISE, [batch_size, length])

        def replace(t, real, logits):
            return tf.where(kept[:, t], real, self._own(logits, noise[:, t]))

        logits = model.network(inputs, key=key, replace=replace, passes=self._passes)
        return logits, targets, token_mask

    def _own(self, logits, uniform):
        if self._replacement == "argmax":
            return tf.argmax(logits, axis=-1, output_type=tf.int32)
        return samplers.draw(logits, uniform)


def _uniform(key, number, shape):
    key = randomness.fold(key, number)
    return replicas.own_rows(lambda rows: randomness.uniform(key, [rows, *shape[1:]]), shape[0])
