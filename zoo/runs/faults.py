"""What goes wrong in training, in words, from what is measured."""

import collections
import math

from zoo.divergences import binary_entropy
from zoo.runs import callbacks

# Of runs on MNIST that went well the share was at most 0.89 over 200 steps, of one that was
# stuck at least 0.91, and 0.99 for most of its time.
_STEPS, _SATURATED = 200, 0.9
_COLLAPSED = 0.1

# At first a model knows nothing: so much worse than that it becomes by diverging only. Losses of
# generators are of any size, and of samples' costs they are no measure.
_FIGURES, _TIMES_THE_FIRST = ("nll", "discriminator_loss", "mediator_loss"), 30.0
_ANY_FIGURE, _SMOOTHED = 1e6, 20


class Faults(callbacks.EveryStep):
    """Says when a run diverges, a discriminator is saturated or a generator has collapsed.

    And when it is over. A run diverges where over the last 20 steps the mean of a figure is beyond
    ±10⁶, or the likelihood's, discriminator's or mediator's loss is more than 30 times its first
    value, or 30 nats where that is below 1.

    Args:
        first_step: how many steps the run had made before.
        say: what is called with each sentence.
    """

    def __init__(self, first_step: int, say=print):
        super().__init__(first_step)
        self._say, self._under_way = say, set()
        self._shares = collections.deque(maxlen=_STEPS)
        self._limits, self._recent = {}, {}

    def after_step(self, step, logs):
        """Looks at the figures of a training step."""
        for name, value in logs.items():
            self._look_for_divergence(name, abs(value), step)
        self._look_for_saturation(logs, step)

    def _look_for_divergence(self, name, size, step):
        factor = _TIMES_THE_FIRST if name in _FIGURES else math.inf
        limit = self._limits.setdefault(name, min(_ANY_FIGURE, factor * max(1.0, size)))
        recent = self._recent.setdefault(name, collections.deque(maxlen=_SMOOTHED))
        recent.append(size)
        mean = sum(recent) / len(recent)
        self._tell(
            f"diverging {name}",
            mean > limit,
            step,
            f"the run is diverging: the {name} is {mean:.3g}, over {limit:.3g}. Begin anew, in "
            "another --workdir, with a lower --learning_rate or --clip_norm=1.",
            f"the {name} is {mean:.3g} again.",
        )

    def _look_for_saturation(self, logs, step):
        """Compares the bound, where one is logged, with the most it can be."""
        if not {"discriminator_loss", "divergence_bound", "pi"} <= logs.keys():
            return
        most = float(binary_entropy(logs["pi"]))
        self._shares.append(logs["divergence_bound"] / most)
        share = sum(self._shares) / len(self._shares)
        self._tell(
            "saturated",
            len(self._shares) == _STEPS and share > _SATURATED,
            step,
            f"the discriminator tells nearly all samples from data (divergence_bound is "
            f"{share:.0%} of its most, {most:.3g} nats, over the last {_STEPS} steps), so that the "
            "generator learns little from it. If this lasts, begin anew, in another --workdir, "
            "with generator_loss='non_saturating' in --objective, or with a steadier "
            "discriminator: of images by r1=0.1 in --objective or spectral_normalisation=True in "
            "--model, of texts by dropout=0.5 in --model.",
            "the discriminator no longer tells nearly all samples from data.",
        )

    def validated(self, step: int, figures: dict[str, float]) -> None:
        """Looks at the figures of held-out data."""
        if "diversity" not in figures:
            return
        found = figures["diversity"]
        self._tell(
            "collapsed",
            found < _COLLAPSED,
            step,
            f"the generator has collapsed: its samples are {found:.2g} times as far from one "
            "another as data are. If this lasts, begin anew, in another --workdir, with a lower "
            "--learning_rate or another --seed.",
            "the generator's samples differ from one another again.",
        )

    def _tell(self, fault, present, step, begins, ends):
        """One sentence as the fault begins, one as it ends."""
        if present == (fault in self._under_way):
            return
        self._under_way ^= {fault}
        self._say(f"\nAt step {step} {begins if present else ends}")
