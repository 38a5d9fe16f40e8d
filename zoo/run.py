"""A trained run: its networks, its data, and samples from it."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from zoo import example_spec, spec
from zoo.data._splits import Dataset
from zoo.errors import require
from zoo.run_folder import RunFolder

_AT_ONCE = 250


@dataclasses.dataclass(frozen=True)
class Run:
    """The result of an experiment.

    Attributes:
        folder: the run folder.
        experiment: the `zoo.experiment.Experiment`.
        example: what one example is.
        model: the member of `zoo.models`, trained; its generator has the averaged weights where
            the run kept an average.
        objective: what it was trained by.
        step: how many steps it was trained for.
    """

    folder: RunFolder
    experiment: object
    example: example_spec.Text | example_spec.Image
    model: object
    objective: object
    step: int

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set, read when it is first asked for."""
        return spec.build("data", self.experiment.data, self.experiment.data_dir)

    @property
    def generator(self):
        """The network that is sampled from."""
        return self.model.networks()["generator"]

    def samples(self, count: int, seed: int = 0, **options):
        """Draws from the generator; see `images` and `texts`."""
        draw = texts if self.example.kind == "text" else images
        return draw(self.generator, count, seed, **options)


def images(generator, count: int, seed: int = 0) -> np.ndarray:
    """Draws images, float32 [count, height, width, channels] in [0, 1].

    Args:
        generator: has `generate(seeds)`.
        count: how many.
        seed: another seed gives other images.
    """
    drawn = [_images(generator, seeds).numpy() for seeds in _seeds(count, seed)]
    return np.concatenate(drawn)


def texts(
    generator, count: int, seed: int = 0, sampler="ancestral()", length=None, prompt: str = ""
) -> list[str]:
    """Draws texts.

    Args:
        generator: an autoregressive model of text.
        count: how many.
        seed: another seed gives other texts.
        sampler: the spec of a member of `zoo.samplers`.
        length: the most symbols a text may have; None: as in training.
        prompt: what each text begins with.

    Returns:
        A list of `count` strings.

    Raises:
        SpecError: an unknown sampler, or a prompt with symbols that the model cannot read.
    """
    vocabulary = generator.example.vocabulary
    begin = vocabulary.encode([prompt]).to_tensor()
    some = ", ".join(map(repr, vocabulary.ordinary[:10]))
    require(
        bool(tf.reduce_all(begin >= 0)),
        f"The prompt {prompt!r} has symbols that the data has not; it has {some}.",
    )
    change, drawn = _sampler(sampler), []
    for seeds in _seeds(count, seed):
        rows = tf.shape(seeds)[0]
        prompts, lengths = tf.repeat(begin, rows, axis=0), tf.fill([rows], tf.shape(begin)[1])
        tokens = generator.generate(seeds, change, length, prompts, lengths).tokens
        drawn += [text.decode() for text in vocabulary.decode(tokens).numpy()]
    return drawn


@functools.cache
def _sampler(text):
    """The sampler of a spec, the same function each time: another would be traced anew."""
    return spec.build("samplers", text)


@tf.function(reduce_retracing=True)
def _images(generator, seeds):
    return generator.generate(seeds)


def _seeds(count, seed):
    """Seeds of consecutive samples, int64, in parts of at most `_AT_ONCE`."""
    first = seed << 32
    return [
        tf.range(first + begin, first + min(begin + _AT_ONCE, count), dtype=tf.int64)
        for begin in range(0, count, _AT_ONCE)
    ]
