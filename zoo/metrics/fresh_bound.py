"""Lower bound of JS_π[P‖Q] by a fresh discriminator, trained to the end on the fixed generator."""

import dataclasses
import functools
import math

import keras
import numpy as np
import tensorflow as tf

from zoo import domains, randomness, spec
from zoo.batch import Batch, concatenate
from zoo.density_ratio import estimate
from zoo.density_ratio.trained import Trained
from zoo.divergences import binary_entropy
from zoo.errors import require
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors
from zoo.models.base.capabilities import Generator
from zoo.models.base.discriminator import Discriminator
from zoo.models.base.pair import Pair
from zoo.objectives.base import regularisation
from zoo.objectives.base.contracts import EstimatesDensityRatio
from zoo.objectives.base.regularisation import InstanceNoise

_NEW = {
    domains.Text: "text_gan(generator='independent', discriminator='recurrent')",
    domains.Image: "dcgan(width=32)",
    domains.Points: "gaussian",
}
_CHECKS = 10  # moments at which the discriminator may be kept
_BLOCK = 50  # updates whose samples are drawn at once
_SELECTED = 1000  # examples, and samples, by which it is chosen
_APART = 2**30  # of the seeds of training samples from those of the evaluation
_NOISE = 1  # sets the key of the noise apart from that of dropout
_SELECTION = {"train": "validation", "validation": "test", "test": "validation"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of the training of the fresh discriminator.

    Attributes:
        steps: updates.
        batch_size: real examples, and samples, per update.
        learning_rate: of Adam, falling to 0 by half a cosine.
        pi: π, the weight of the data.
        model: the spec of a member of `zoo.models` that has a discriminator; None: that of the run,
            or where it has none a recurrent one for texts, that of dcgan(width=32) for images, and
            that of gaussian for points.
        instance_noise: the standard deviation of Gaussian noise on data and samples, images and
            points; the divergence is then that of the blurred P and Q.
    """

    steps: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    pi: float = 0.5
    model: str | None = None
    instance_noise: float = 0.0


def measure(
    run: Trained, *, split: str, count: int, seed: int, settings: Settings
) -> dict[str, Measurement]:
    """Trains a new discriminator on training data and new samples; computes its bound of JS_π[P‖Q].

        H(π) - π E_P[softplus(-d)] - (1 - π) E_Q[softplus(d)],   d = r + log(π / (1 - π))

    Unlike `divergence_bound`, which is that of the discriminator that the generator was trained
    against, this one has seen the final generator alone, without penalties or spectral
    normalisation, until its learning rate is 0. The game's own discriminator is a step behind its
    generator, often regularised, and may prove a small part of the divergence only: it says little
    about how far samples are from data. A fresh one says more, and never too much: data and samples
    that it has not seen make the bound one in expectation. It is low too where the discriminator is
    too small, trained too briefly, or overfits a small training part.

    On the training split it is none: the discriminator has seen these examples.

    After each tenth of the steps the bound is computed on another held-out part of the data, and
    the best discriminator is measured. The same seed gives the same discriminator.

    Args:
        run: a trained run; Q is the distribution of its sampler.
        split: the name of the split.
        count: number of samples, and the largest number of real examples.
        seed: for the discriminator, its training, and the samples.
        settings: of the training.

    Returns:
        `fresh_bound` in nats, at most H(π) = log 2 at π = 1/2. Its standard error is over
        examples, for a corpus over pieces of 1,000 tokens as that of `nll`.
        `own_bound`, for a run whose own discriminator estimates the density ratio: its bound at the
        same π on the same examples.

    Raises:
        SpecError: a model without a discriminator, or one that does not fit the data; noise on
            tokens.

    Source: F. Huszár (2015), arXiv 1511.05101, section 4.
    """
    if run.domain.kind == "text":
        regularisation.require_none(InstanceNoise(settings.instance_noise))
    discriminator = trained(run, split, seed, settings)
    examples = _examples(run, split, count, seed, settings)
    pieces = estimate.pieces(run, split, count, seed)
    ratios = {"fresh_bound": [_ratios(discriminator, each) for each in examples]}
    if isinstance(run.objective, EstimatesDensityRatio):
        ratios["own_bound"] = [estimate.log_density_ratio(run, each) for each in examples]
    found = {name: bound(*each, pieces, settings.pi) for name, each in ratios.items()}
    fewer = min(map(len, ratios["fresh_bound"]))
    better = {"fresh_bound": "lower", "own_bound": estimate.better(run)}
    return {
        name: Measurement(value, "nats", error, fewer, split, better[name])
        for name, (value, error) in found.items()
    }


def configure(
    *,
    steps: int = 2000,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    pi: float = 0.5,
    model: str | None = None,
    instance_noise: float = 0.0,
) -> RunMetric:
    """The metric with these settings, see `Settings`.

    Raises:
        SpecError: a number out of range.
    """
    require(steps >= _CHECKS, f"fresh_bound: steps={steps} should be at least {_CHECKS}.")
    require(batch_size >= 1, f"fresh_bound: batch_size={batch_size} should be at least 1.")
    require(
        0 < learning_rate < math.inf,
        f"fresh_bound: learning_rate={learning_rate} should be above 0 and finite.",
    )
    require(0 < pi < 1, f"fresh_bound: pi={pi} should be above 0 and below 1.")
    InstanceNoise(instance_noise)  # refuses numbers below zero
    settings = Settings(steps, batch_size, learning_rate, pi, model, instance_noise)

    @functools.wraps(measure)
    def measured(run, *, split, count, seed):
        return measure(run, split=split, count=count, seed=seed, settings=settings)

    return RunMetric(_can_be_sampled, measured, only_by_name=True, configure=configure)


def _can_be_sampled(run):
    return isinstance(run.generator, Generator)


METRIC = configure()


def trained(run: Trained, split: str, seed: int, settings: Settings) -> Discriminator:
    """Trains a new discriminator of the run's samples.

    Args:
        run: a trained run.
        split: the split that is to be measured: the best discriminator is chosen on another.
        seed: of its weights, its batches and its samples.
        settings: of the training.
    """
    keras.utils.set_random_seed(seed % 2**32)
    discriminator, train = _new(run, settings.model), run.dataset.train
    update = _update(discriminator, settings)
    selection = _examples(run, _SELECTION[split], _SELECTED, _APART - 1, settings)
    best, weights = -math.inf, discriminator.get_weights()
    for step in range(settings.steps):
        number = step % _BLOCK
        if number == 0:
            drawn = _samples(run, min(_BLOCK, settings.steps - step), step, seed, settings)
        real = _real(run, train, step, settings.batch_size, seed)
        key = randomness.key(seed, step, "fresh discriminator")
        update(real, drawn[number], key)
        if (step + 1) % (settings.steps // _CHECKS) == 0:
            ratios = [_ratios(discriminator, each) for each in selection]
            found, _ = bound(*ratios, np.arange(len(ratios[0])), settings.pi)
            if found > best:
                best, weights = found, discriminator.get_weights()
    discriminator.set_weights(weights)
    return discriminator


def bound(
    real: np.ndarray, generated: np.ndarray, pieces: np.ndarray, pi: float
) -> tuple[float, float | None]:
    """Computes the lower bound of JS_π that log density ratios prove, with its standard error.

    Args:
        real: r of data in nats, float64 [n].
        generated: r of samples, float64 [m].
        pieces: numbers by which the data are independent of each other, [n].
        pi: π, the weight of the data.
    """
    shift = math.log(pi) - math.log1p(-pi)
    of_real = -pi * np.logaddexp(0, -real - shift)
    of_generated = -(1 - pi) * np.logaddexp(0, generated + shift)
    value = float(binary_entropy(pi)) + float(np.mean(of_real) + np.mean(of_generated))
    errors = [
        standard_errors.of_mean_in_pieces(of_real, pieces),
        standard_errors.of_mean(of_generated),
    ]
    return value, None if None in errors else math.hypot(*errors)


def _new(run, model):
    """A new discriminator for the data of the run."""
    own = model is None and isinstance(run.model, Pair)
    model = run.experiment.model if own else model or _NEW[type(run.domain)]
    part = spec.read("models", model)
    if own:  # flat functions prove little
        arguments = {k: v for k, v in part.arguments.items() if k != "spectral_normalisation"}
        part = dataclasses.replace(part, arguments=arguments)
    pair = part.build(run.domain)
    require(
        isinstance(pair, Pair),
        f"fresh_bound: {model} has no discriminator; give one such as {_NEW[type(run.domain)]}.",
    )
    return pair.discriminator


def _update(discriminator, settings):
    """The function that makes one update."""
    objective = spec.build("objectives", "density_ratio", pi=settings.pi)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(discriminator.trainable_variables)
    noise = InstanceNoise(settings.instance_noise)

    @tf.function
    def update(real, generated, key):
        with tf.GradientTape() as tape:
            both = concatenate([Batch(*real), Batch(*generated)])
            noisy = noise(both, 0, randomness.fold(key, _NOISE))
            logits = discriminator.prefix_logits(*noisy, key=key, training=True)
            loss = objective.discriminator_loss(*tf.split(logits, 2), step=0)
        variables = discriminator.trainable_variables
        optimizer.apply(
            [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)], variables
        )

    return update


def _examples(run, split, count, seed, settings):
    """Real examples and samples, with noise of their own where there is noise."""
    noise = InstanceNoise(settings.instance_noise)
    keys = [randomness.key(seed, 0, f"noise on {of}") for of in ("data", "samples")]
    examples = estimate.real_and_generated(run, split, count, seed)
    return [noise(each.map(tf.constant), 0, key) for each, key in zip(examples, keys, strict=True)]


def _samples(run, num_updates, step, seed, settings):
    """Samples for a number of updates, the parts of a `Batch` for each."""
    block = (_APART + seed + step // _BLOCK) % (2**31 - 2)
    drawn = run.examples(num_updates * settings.batch_size, block)
    return [tuple(part) for part in drawn.map(tf.constant).split(num_updates)]


def _real(run, data, step, batch_size, seed):
    if run.domain.num_classes:
        return data.labelled_batch(step, batch_size, seed)
    return data.batch(step, batch_size, seed), None


def _ratios(discriminator, examples):
    """The estimates of r, float64 [count]."""
    return estimate.logits_of(discriminator, examples).numpy().astype(np.float64)
