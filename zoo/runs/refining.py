"""Draws refined samples from a trained run; see `zoo.samplers.refine`."""

import dataclasses
import functools
import math

import numpy as np
import tensorflow as tf

from zoo import spec
from zoo.batch import Batch
from zoo.density_ratio import estimate, refinement
from zoo.density_ratio.trained import Trained
from zoo.errors import require
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs import sampling

COUNT = 2000  # samples, by which the bound of rejection is chosen
ANCESTRAL = spec.build("samplers", "ancestral")  # one function: the loop is traced for each
_SEED = 2**31 - 2  # keeps these samples apart from those of an evaluation


@dataclasses.dataclass(frozen=True)
class Refined:
    """Samples that were chosen among candidates.

    Attributes:
        samples: as `Run.samples` gives them, or a `zoo.batch.Batch`.
        candidates: the number of candidates of each, int [count].
    """

    samples: object
    candidates: np.ndarray


class Refiner:
    """Chooses samples of a run by its calibrated density ratio.

    Args:
        run: the run as it is sampled without refinement.
        text: the spec of the refinement.
        temperature: T, by which r is divided; see `Run.calibration_temperature`.

    Attributes:
        choose: from (draw, log_ratio, seeds, log_scale) to what is chosen, see
            `zoo.density_ratio.refinement.chooser`.
        acceptance: the share of candidates that is accepted, by a bound that belongs to one prompt
            or label; None: candidates are resampled.

    Raises:
        SpecError: the run's objective estimates no density ratio, or one that tells nothing.
        DataError: the calibration temperature has to be fitted, and the data is not to be had.
    """

    def __init__(self, run: Trained, text: str, temperature: float):
        estimate.require_given(run)
        require(
            math.isfinite(temperature),
            "The discriminator's ratio is no larger for data than for samples on the validation "
            "split: there is nothing to refine by. Train the ratio longer, by "
            "--objective=density_ratio.",
        )
        settings = spec.build("samplers", text)
        self._generator, self._discriminator = run.generator, run.model.discriminator
        self._objective, self._step = run.objective, estimate.last_update(run)
        self._scale, self.acceptance = 1 / temperature, settings.acceptance
        self.choose = refinement.chooser(settings)
        self._at_once = max(1, sampling.AT_ONCE // (settings.candidates or 1))
        self._log_scales = {}

    def log_ratio(self, candidates: tuple):
        """Computes r/T of candidates in nats, float32 [n].

        Args:
            candidates: the parts of a `zoo.batch.Batch`.
        """
        logits = self._discriminator(*candidates)
        return self._scale * self._objective.log_density_ratio(logits, self._step)

    def draw(
        self, count: int, seed: int = 0, label: int | None = None, prompt: tuple[int, ...] = ()
    ) -> Refined:
        """Draws samples.

        Args:
            count: the number of samples.
            seed: another seed gives other samples.
            label: the class of all samples, for a class-conditional model; None: each in turn.
            prompt: the tokens that each text starts with.

        Returns:
            A `Refined`, whose samples are a `zoo.batch.Batch`.
        """
        log_scale = tf.constant(self.log_scale(label, prompt), tf.float32)
        start = tf.constant([prompt], tf.int32)
        parts = [
            self._chosen(part[first : first + self._at_once], label, start, log_scale)
            for part in sampling.seeds(count, seed)
            for first in range(0, len(part), self._at_once)
        ]
        drawn = zip(*(part.drawn for part in parts), strict=True)
        samples = Batch(*(np.concatenate(each) for each in drawn))
        return Refined(samples, np.concatenate([part.candidates for part in parts]))

    def log_scale(self, label: int | None = None, prompt: tuple[int, ...] = ()) -> float:
        """Fits log c of rejection on plain samples of a class, or that begin with a prompt.

        Given a class or prompt y, r is shifted by log P(y) - log Q(y): no reason to reject.

        Args:
            label: see `draw`.
            prompt: see `draw`.

        Returns:
            log c, infinite where nothing is rejected.
        """
        if self.acceptance is None:
            return math.inf
        if (label, prompt) not in self._log_scales:
            start = tf.constant([prompt], tf.int32)
            ratios = [
                self._plain_ratios(part, label, start) for part in sampling.seeds(COUNT, _SEED)
            ]
            found = refinement.log_scale(np.concatenate(ratios), self.acceptance)
            self._log_scales[label, prompt] = found
        return self._log_scales[label, prompt]

    @functools.cached_property
    def _chosen(self):
        @tf.function(reduce_retracing=True)
        def chosen(seeds, label, prompt, log_scale):
            return self.choose(self._draw(seeds, label, prompt), self.log_ratio, seeds, log_scale)

        return chosen

    @functools.cached_property
    def _plain_ratios(self):
        @tf.function(reduce_retracing=True)
        def plain_ratios(seeds, label, prompt):
            rows = tf.range(tf.shape(seeds, tf.int64)[0])
            return self.log_ratio(self._draw(seeds, label, prompt)(seeds, rows))

        return plain_ratios

    def _draw(self, seeds, label, prompt):
        """The function that draws candidates for rows of these seeds."""
        generator = self._generator
        if isinstance(generator, SequenceModel):
            return tokens(generator, prompt)
        return candidates(generator, generator.labels(seeds, label))


def tokens(generator: SequenceModel, prompt: tf.Tensor) -> refinement.Draw:
    """Builds the function that draws texts for rows, a tuple of tokens int32 [n, length].

    Args:
        generator: an autoregressive model of texts.
        prompt: int32 [1, any], the tokens that each text starts with.
    """

    def draw(seeds, rows):
        del rows
        count = tf.shape(seeds)[0]
        known = tf.fill([count], tf.shape(prompt)[1])
        prompts = tf.repeat(prompt, count, axis=0)
        return (generator.generate(seeds, ANCESTRAL, None, prompts, known).tokens,)

    return draw


def candidates(generator: LatentGenerator, labels: tf.Tensor | None) -> refinement.Draw:
    """Builds the function that draws examples for rows, as the parts of a `zoo.batch.Batch`.

    Args:
        generator: a latent generator.
        labels: the classes of the rows, int32 [batch], where it is conditioned on them.
    """
    if labels is None:
        return lambda seeds, rows: (generator.generate(seeds),)

    def draw(seeds, rows):
        of_each = tf.gather(labels, rows)
        return generator.generate(seeds, of_each), of_each

    return draw
