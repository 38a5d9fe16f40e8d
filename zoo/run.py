"""A trained run: its networks, its data, and samples from it."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from zoo import example_spec, samplers, spec
from zoo.data._splits import Dataset
from zoo.errors import require
from zoo.run_folder import RunFolder
from zoo.vocabulary import ABSENT

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
        sampler: the spec of what is done to the logits of an autoregressive model before it
            draws: part of what is measured, since it makes another distribution of the network.
    """

    folder: RunFolder
    experiment: object
    example: example_spec.Text | example_spec.Image
    model: object
    objective: object
    step: int
    sampler: str = "ancestral()"

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set, read when it is first asked for.

        Raises:
            DataError: the data is not to be had.
            RunFolderError: it is no longer what the run was trained on.
        """
        dataset = spec.build("data", self.experiment.data, self.experiment.data_dir)
        self.folder.require_same_data(dataset.example)
        return dataset

    @property
    def generator(self):
        """The network that is sampled from."""
        return self.model.networks()["generator"]

    def samples(self, count: int, seed: int = 0, **options):
        """Draws from the generator; see `images` and `texts`."""
        draw = texts if self.example.kind == "text" else images
        return draw(self.generator, count, seed, **{"sampler": self.sampler, **options})

    def draw(self, count: int, seed: int = 0) -> np.ndarray:
        """Samples as the data has its examples: images, or symbols int32 [count, length]."""
        draw = tokens if self.example.kind == "text" else images
        return draw(self.generator, count, seed, self.sampler)

    def complete(self, known_rows: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Test images, and what the model makes of their upper rows.

        Args:
            known_rows: how many rows are kept, rounded down to whole patches.
            count: of how many images.
            seed: another seed gives other completions of the same images.

        Returns:
            The images and their completions, float32 [count, height, width, 1] each.

        Raises:
            SpecError: the model is no autoregressive one of images, there are not as many test
                images, or not as many rows.
        """
        require(
            self.example.kind == "image" and hasattr(self.generator, "complete"),
            f"{self.experiment.model} completes no images. Autoregressive models of images do.",
        )
        test, height = self.dataset.test, self.example.shape[0]
        require(count <= len(test), f"There are {len(test)} test images; count={count} is more.")
        require(0 <= known_rows <= height, f"known_rows={known_rows} should be from 0 to {height}.")
        labels = tf.constant(test.labels[:count]) if self.example.num_classes else None
        originals, first = test.at(tf.range(count)), 0
        completed = []
        for seeds in _seeds(count, seed):
            rows = slice(first, first := first + len(seeds))
            known = tf.fill([len(seeds)], known_rows)
            some = None if labels is None else labels[rows]
            sampler = _sampler(self.sampler)
            made = self.generator.complete(originals[rows], known, seeds, sampler, some)
            completed.append(made.numpy())
        return originals.numpy(), np.concatenate(completed)

    def most_probable(self, beam_width: int, length: int | None = None, prompt: str = ""):
        """The most probable texts that beam search finds.

        Args:
            beam_width: how many beginnings are kept at each time.
            length: see `texts`.
            prompt: see `texts`.

        Returns:
            At most `beam_width` pairs of a text and the nats of what follows the prompt, the most
            probable first.
        """
        require(beam_width >= 1, f"beam_width={beam_width} should be at least 1.")
        generator, vocabulary = self.generator, self.example.vocabulary
        length = length or self.example.length
        symbols = _prompt(vocabulary, prompt, length)
        found = samplers.beam_search(
            generator,
            generator.starts(1),
            beam_width,
            length,
            symbols,
            tf.constant([symbols.shape[1]]),
        )
        prompts, lengths = tf.fill([beam_width], prompt), tf.fill([beam_width], symbols.shape[1])
        written = vocabulary.continued(prompts, found.tokens[0], lengths).numpy()
        pairs = zip(written, found.log_prob[0].numpy().tolist(), strict=True)
        return [(text.decode(), nats) for text, nats in pairs if nats > -np.inf]


def images(generator, count: int, seed: int = 0, sampler: str = "ancestral()") -> np.ndarray:
    """Draws images, float32 [count, height, width, channels] in [0, 1].

    Args:
        generator: a generator of images, or an autoregressive model of them.
        count: how many.
        seed: another seed gives other images.
        sampler: the spec of a member of `zoo.samplers`, for an autoregressive model.
    """
    if hasattr(generator, "to_examples"):
        drawn = tokens(generator, count, seed, sampler)
        return np.concatenate(
            [generator.to_examples(drawn[i : i + _AT_ONCE]) for i in range(0, count, _AT_ONCE)]
        )
    return np.concatenate([_images(generator, seeds) for seeds in _seeds(count, seed)])


def tokens(
    generator, count: int, seed: int = 0, sampler: str = "ancestral()", length=None, prompt=()
) -> np.ndarray:
    """Draws sequences of symbols, int32 [count, length], filled up by the end symbol.

    Args:
        generator: an autoregressive model.
        count: how many.
        seed: another seed gives other texts.
        sampler: the spec of a member of `zoo.samplers`.
        length: the most symbols that a text may have; None: as in training.
        prompt: the symbols that each text begins with.
    """
    change, length = _sampler(sampler), length or generator.sequence.length
    drawn = []
    for seeds in _seeds(count, seed):
        rows = tf.shape(seeds)[0]
        prompts = tf.repeat(tf.constant([prompt], tf.int32), rows, axis=0)
        made = generator.generate(seeds, change, length, prompts, tf.fill([rows], len(prompt)))
        drawn.append(made.tokens.numpy())
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
        SpecError: an unknown sampler, or a prompt that is too long or has symbols that the
            model has not seen.
    """
    vocabulary, length = generator.example.vocabulary, length or generator.example.length
    symbols = _prompt(vocabulary, prompt, length)
    drawn = tokens(generator, count, seed, sampler, length, tuple(symbols.numpy()[0]))
    prompts, lengths = tf.fill([count], prompt), tf.fill([count], symbols.shape[1])
    return [text.decode() for text in vocabulary.continued(prompts, drawn, lengths).numpy()]


def _prompt(vocabulary, prompt, length):
    """The symbols of a prompt, int32 [1, any]."""
    symbols = vocabulary.encode([prompt]).to_tensor()
    require(
        not np.isin(symbols, [vocabulary.unknown, ABSENT]).any(),
        f"The prompt {prompt!r} has symbols that the model has not seen; it has "
        f"{', '.join(map(repr, vocabulary.ordinary[:10]))} and so on.",
    )
    require(
        symbols.shape[1] < length,
        f"The prompt {prompt!r} has {symbols.shape[1]} symbols, and a text at most {length}: "
        "give a shorter prompt or a larger length.",
    )
    return symbols


@functools.cache
def _sampler(text):
    """The sampler of a spec, the same function each time: another would be traced anew."""
    return spec.build("samplers", text)


@tf.function(reduce_retracing=True)
def _images(generator, seeds):
    return generator.generate(seeds)


def _seeds(count, seed):
    """Seeds of consecutive samples, int64, in parts of at most `_AT_ONCE`."""
    require(0 <= seed < 2**31, f"seed={seed} should be at least 0 and below 2^31.")
    first = seed << 32
    return [
        tf.range(first + begin, first + min(begin + _AT_ONCE, count), dtype=tf.int64)
        for begin in range(0, count, _AT_ONCE)
    ]
