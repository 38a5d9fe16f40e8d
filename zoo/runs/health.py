"""Health checks of training: warnings with a remedy, from what is logged."""

import collections
import math
from collections.abc import Callable

from zoo.divergences import binary_entropy
from zoo.runs import callbacks

# Of runs on MNIST that went well the share was at most 0.89 over 200 steps, of one that was
# stuck at least 0.91, and 0.99 for most of its time.
SATURATED_STEPS, _SATURATED = 200, 0.9
_COLLAPSED = 0.1

# An untrained model knows nothing: its loss becomes this many times larger only by diverging.
# Losses of generators are of any size, and sample-based costs say nothing about divergence.
_LOSSES, _TIMES_THE_FIRST = ("nll", "discriminator_loss", "mediator_loss"), 30.0
_ANY_VALUE, _SMOOTHED = 1e6, 20


class HealthChecks(callbacks.EveryStep):
    """Warns when the run diverges, the discriminator saturates or the generator collapses.

    Each warning comes once, and once more when its reason is over. A run diverges when over the
    last 20 steps the mean of a logged value is beyond ±10⁶, or that of the likelihood's, the
    discriminator's or the mediator's loss is more than 30 times its first value, or more than 30
    nats where that is below 1.

    Args:
        first_step: the steps that the run had made before.
        warn: called with each warning.
    """

    def __init__(self, first_step: int, warn: Callable[[str], object] = print):
        super().__init__(first_step)
        self._warn, self._present = warn, set()
        self._shares = collections.deque(maxlen=SATURATED_STEPS)
        self._limits, self._recent = {}, {}

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Checks the logged values of a training step."""
        for name, value in logs.items():
            self._check_divergence(name, abs(value), step)
        self._check_saturation(logs, step)

    def _check_divergence(self, name, size, step):
        factor = _TIMES_THE_FIRST if name in _LOSSES else math.inf
        limit = self._limits.setdefault(name, min(_ANY_VALUE, factor * max(1.0, size)))
        recent = self._recent.setdefault(name, collections.deque(maxlen=_SMOOTHED))
        recent.append(size)
        mean = sum(recent) / len(recent)
        self._report(
            f"diverging {name}",
            mean > limit,
            step,
            f"the run is diverging: the {name} is {mean:.3g}, over {limit:.3g}. Start again, in "
            "another --workdir, with a lower --learning_rate or --clip_norm=1.",
            f"the {name} is {mean:.3g} again.",
        )

    def _check_saturation(self, logs, step):
        """Compares the bound, where one is logged, with its maximum, the entropy of π."""
        if not {"discriminator_loss", "divergence_bound", "pi"} <= logs.keys():
            return
        most = float(binary_entropy(logs["pi"]))
        self._shares.append(logs["divergence_bound"] / most)
        share = sum(self._shares) / len(self._shares)
        self._report(
            "saturated",
            len(self._shares) == SATURATED_STEPS and share > _SATURATED,
            step,
            f"the discriminator is saturated (divergence_bound is {share:.0%} of its maximum, "
            f"{most:.3g} nats, over the last {SATURATED_STEPS} steps), so that the generator "
            "learns little from it. If this lasts, start again, in another --workdir, with "
            "generator_loss='non_saturating' in --objective, or with a regularised discriminator: "
            "for images r1=0.1 in --objective or spectral_normalisation=True in --model, for "
            "text dropout=0.5 in --model.",
            "the discriminator is no longer saturated.",
        )

    def validated(self, step: int, figures: dict[str, float]) -> None:
        """Checks the validation metrics of a step."""
        if "diversity" not in figures:
            return
        found = figures["diversity"]
        self._report(
            "collapsed",
            found < _COLLAPSED,
            step,
            "the generator has collapsed: the distance between its samples is "
            f"{found:.2g} times that between examples of the data. If this lasts, start again, in "
            "another --workdir, with a lower --learning_rate or another --seed.",
            "the generator is no longer collapsed.",
        )

    def _report(self, problem, present, step, begins, ends):
        """Warns as a problem begins, and tells when it is over."""
        if present == (problem in self._present):
            return
        self._present ^= {problem}
        self._warn(f"\nWarning: at step {step} {begins}" if present else f"\nAt step {step} {ends}")
