"""A trained run: its networks, its data, and samples from it."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from zoo import domains, samplers, spec
from zoo.data.base import grey
from zoo.data.base.splits import Dataset
from zoo.density_ratio import calibration, estimate
from zoo.errors import DataError, require
from zoo.runs import digests
from zoo.runs.run_folder import RunFolder
from zoo.tokenizers.vocabulary import ABSENT

_AT_ONCE = 250


@dataclasses.dataclass(frozen=True)
class Run:
    """The result of an experiment.

    Attributes:
        folder: the run folder.
        experiment: the `zoo.runs.experiment.Experiment`.
        example: what one example is.
        model: the member of `zoo.models`, trained; its generator has the averaged weights where
            the run kept an average.
        objective: what it was trained by.
        step: how many steps it was trained for.
        sampler: the spec of what is done to the logits of an autoregressive model before it
            draws: part of what is measured, since it makes another distribution of the network.
        allow_changed_data: whether `dataset` may have other examples than the run began with.
    """

    folder: RunFolder
    experiment: object
    example: domains.Domain
    model: object
    objective: object
    step: int
    sampler: str = "ancestral()"
    allow_changed_data: bool = False

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set, read when it is first asked for.

        Raises:
            DataError: the data is not to be had.
            RunFolderError: it is no longer what the run was trained on.
        """
        try:
            dataset = spec.build("data", self.experiment.data, self.experiment.data_dir)
        except DataError as error:
            if all(file.exists() for file in spec.files("data", self.experiment.data)):
                raise
            raise DataError(
                f"{error} If it has moved, give its new path in --data to train.py, once, with "
                f"the other flags of the run and --workdir={self.folder.path}."
            ) from error
        dataset = grey.as_recorded(dataset, self.example)
        data = digests.of_data(dataset, self.experiment.data)
        self.folder.require_same_data(dataset.example, data, self.allow_changed_data)
        return dataset

    @property
    def generator(self):
        """The network that is sampled from."""
        return self.model.networks()["generator"]

    def samples(self, count: int, seed: int = 0, **options):
        """Draws from the generator; see `images`, `texts` and `points`.

        Raises:
            SpecError: a label of no class of the model, or what these functions raise.
        """
        label, classes = options.get("label"), self.example.num_classes
        require(
            label is None or 0 <= label < classes,
            f"label={label}: {self.experiment.model} on {self.experiment.data} "
            + (f"has the classes 0 to {classes - 1}." if classes else "is of no classes."),
        )
        if self.example.kind == "points":
            return points(self.generator, count, seed, **options)
        draw = texts if self.example.kind == "text" else images
        return draw(self.generator, count, seed, **{"sampler": self.sampler, **options})

    def draw(self, count: int, seed: int = 0) -> np.ndarray:
        """Samples as the data has its examples: images, points, symbols int32 [count, length]."""
        if self.example.kind == "points":
            return points(self.generator, count, seed)
        draw = tokens if self.example.kind == "text" else images
        return draw(self.generator, count, seed, self.sampler)

    def examples(self, count: int, seed: int = 0):
        """What `draw` gives, in a pair with labels, int32 [count], if the data come with them."""
        drawn, classes = self.draw(count, seed), self.example.num_classes
        if classes == 0:
            return drawn
        return drawn, (np.concatenate(_seeds(count, seed)) % classes).astype(np.int32)

    @functools.cached_property
    def temperature(self) -> float:
        """What calibrates the discriminator: see `zoo.density_ratio.calibration.fitted`."""
        return calibration.fitted(self)

    def log_density_ratio(self, examples, calibrated: bool = False) -> np.ndarray:
        """The discriminator's estimate of r = log P - log Q in nats: above 0 data is likelier.

        P is the data, Q the generator; with labels both are distributions of pairs.

        Args:
            examples: as the data gives them, such as images float [count, height, width, 1] in
                [0, 1]; in a pair with their labels, integers [count], where the data come with
                labels.
            calibrated: whether r is divided by `temperature`, which reads the data's validation
                split and judges samples the first time.

        Returns:
            float64 [count].

        Raises:
            SpecError: the run has no discriminator, or labels are missing or too many.
        """
        ratio = estimate.log_density_ratio(self, examples)
        return ratio / self.temperature if calibrated else ratio

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
            made = self.generator.complete(
                originals[rows], known, seeds, sampler, some, self.generator.JIT_COMPILE
            )
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


def images(
    generator, count: int, seed: int = 0, sampler: str = "ancestral()", label: int | None = None
) -> np.ndarray:
    """Draws images, float32 [count, height, width, channels] in [0, 1].

    Args:
        generator: a generator of images, or an autoregressive model of them.
        count: how many.
        seed: another seed gives other images.
        sampler: the spec of a member of `zoo.samplers`, for an autoregressive model.
        label: the class of all of them, for a model that is conditioned on classes; None: each
            class in turn.
    """
    if hasattr(generator, "to_examples"):
        drawn = tokens(generator, count, seed, sampler, label=label)
        return np.concatenate(
            [generator.to_examples(drawn[i : i + _AT_ONCE]) for i in range(0, count, _AT_ONCE)]
        )
    return _of_seeds(generator, count, seed, label)


def points(generator, count: int, seed: int = 0) -> np.ndarray:
    """Draws points, float32 [count, dimension].

    Args:
        generator: a generator of points.
        count: how many.
        seed: another seed gives other points.
    """
    return _of_seeds(generator, count, seed)


def tokens(
    generator,
    count: int,
    seed: int = 0,
    sampler: str = "ancestral()",
    length=None,
    prompt=(),
    label: int | None = None,
) -> np.ndarray:
    """Draws sequences of symbols, int32 [count, length], filled up by the end symbol.

    Args:
        generator: an autoregressive model.
        count: how many.
        seed: another seed gives other texts.
        sampler: the spec of a member of `zoo.samplers`.
        length: the most symbols that a text may have; None: as in training.
        prompt: the symbols that each text begins with.
        label: see `images`.
    """
    change, length = _sampler(sampler), length or generator.sequence.length
    drawn = []
    # XLA compiles for each number of rows anew: the last rows are drawn with others beside them.
    whole = generator.JIT_COMPILE and count > _AT_ONCE
    for seeds in _seeds(-(-count // _AT_ONCE) * _AT_ONCE if whole else count, seed):
        rows = tf.shape(seeds)[0]
        prompts = tf.repeat(tf.constant([prompt], tf.int32), rows, axis=0)
        known, labels = tf.fill([rows], len(prompt)), _labels(label, rows)
        made = generator.generate(
            seeds, change, length, prompts, known, labels, jit_compile=generator.JIT_COMPILE
        )
        drawn.append(made.tokens.numpy())
    return np.concatenate(drawn)[:count]


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


def _of_seeds(generator, count, seed, label=None):
    return np.concatenate([_generated(generator, seeds, label) for seeds in _seeds(count, seed)])


@tf.function(reduce_retracing=True)
def _generated(generator, seeds, label):
    return generator.generate(seeds, _labels(label, tf.shape(seeds)[0]))


def _labels(label, count):
    return None if label is None else tf.fill([count], label)


def _seeds(count, seed):
    """Seeds of consecutive samples, int64, in parts of at most `_AT_ONCE`."""
    require(0 <= seed < 2**31, f"seed={seed} should be at least 0 and below 2^31.")
    first = seed << 32
    return [
        tf.range(first + begin, first + min(begin + _AT_ONCE, count), dtype=tf.int64)
        for begin in range(0, count, _AT_ONCE)
    ]
