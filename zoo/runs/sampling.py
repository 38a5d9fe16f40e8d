"""Draws samples from generators; a sample depends on its seed and not on how many are drawn."""

import functools

import numpy as np
import tensorflow as tf

from zoo import samplers
from zoo.errors import require
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.sequence_model import PatchModel, SequenceModel, TextModel
from zoo.tokenizers.vocabulary import ABSENT, Vocabulary

AT_ONCE = 250  # rows of one call


def images(
    generator: SequenceModel | LatentGenerator,
    count: int,
    seed: int = 0,
    sampler: str = "ancestral()",
    label: int | None = None,
) -> np.ndarray:
    """Draws images.

    Args:
        generator: a generator of images, or an autoregressive model of them.
        count: the number of images.
        seed: another seed gives other images.
        sampler: the spec of a member of `zoo.samplers`, for an autoregressive model.
        label: the class of all images, for a class-conditional model; None: each class in turn.

    Returns:
        float32 [count, height, width, channels] in [0, 1].
    """
    if isinstance(generator, SequenceModel):
        drawn = tokens(generator, count, seed, sampler, label=label)
        return np.concatenate(
            [generator.to_examples(drawn[i : i + AT_ONCE]) for i in range(0, count, AT_ONCE)]
        )
    return _decoded(generator, count, seed, label)


def interpolate(
    generator: LatentGenerator,
    count: int,
    steps: int,
    seed: int = 0,
    label: int | None = None,
    to_label: int | None = None,
) -> np.ndarray:
    """Draws paths between samples; see `LatentGenerator.interpolate`.

    Path i goes from sample 2 i of the seed to sample 2 i + 1, within one class. With `to_label`
    it has the latent of sample i, and goes from class to class.

    Args:
        generator: a generator with latents.
        count: the number of paths.
        steps: the number of examples on each, at least 2.
        seed: another seed gives other paths.
        label: the first class, for a class-conditional generator; None: each class in turn.
        to_label: the last class; None: the first.

    Returns:
        float32 [count, steps, ...], such as images [count, steps, height, width, channels].
    """
    fixed = to_label is not None
    drawn = tf.concat(seeds(count if fixed else 2 * count, seed), axis=0)
    starts, ends = (drawn, None) if fixed else (drawn[::2], drawn[1::2])
    first = last = None
    if generator.num_classes:
        first = drawn[:count] % generator.num_classes if label is None else _labels(label, count)
        last = _labels(to_label, count) if fixed else first
    paths, at_once = [], max(1, AT_ONCE // steps)
    for begin in range(0, count, at_once):
        rows = [
            None if part is None else part[begin : begin + at_once]
            for part in (starts, ends, first, last)
        ]
        paths.append(_paths(generator, tf.constant(steps), *rows))
    return np.concatenate(paths)


def points(generator: LatentGenerator, count: int, seed: int = 0) -> np.ndarray:
    """Draws points, float32 [count, dimension].

    Args:
        generator: a generator of points.
        count: the number of points.
        seed: another seed gives other points.
    """
    return _decoded(generator, count, seed)


def tokens(
    generator: SequenceModel,
    count: int,
    seed: int = 0,
    sampler: str = "ancestral()",
    length: int | None = None,
    prompt: tuple[int, ...] = (),
    label: int | None = None,
) -> np.ndarray:
    """Draws sequences of tokens, int32 [count, length], padded with the end token.

    Args:
        generator: an autoregressive model.
        count: the number of sequences.
        seed: another seed gives other sequences.
        sampler: the spec of a member of `zoo.samplers`.
        length: the maximum number of tokens; None: as in training.
        prompt: the tokens that each sequence starts with.
        label: see `images`.
    """
    change, length = _sampler(sampler), length or generator.sequence.length
    drawn = []
    # XLA compiles for each number of rows anew: the last rows are drawn with others beside them.
    compiled = generator.network.jit_compile_sampling
    whole = compiled and count > AT_ONCE
    for part in seeds(-(-count // AT_ONCE) * AT_ONCE if whole else count, seed):
        rows = tf.shape(part)[0]
        prompts = tf.repeat(tf.constant([prompt], tf.int32), rows, axis=0)
        known, labels = tf.fill([rows], len(prompt)), _labels(label, rows)
        made = generator.generate(
            part, change, length, prompts, known, labels, jit_compile=compiled
        )
        drawn.append(made.tokens.numpy())
    return np.concatenate(drawn)[:count]


def texts(
    generator: TextModel,
    count: int,
    seed: int = 0,
    sampler: str = "ancestral()",
    length: int | None = None,
    prompt: str = "",
) -> list[str]:
    """Draws texts.

    Args:
        generator: an autoregressive model of text.
        count: the number of texts.
        seed: another seed gives other texts.
        sampler: the spec of a member of `zoo.samplers`.
        length: the maximum number of tokens in a text; None: as in training.
        prompt: the start of each text.

    Returns:
        A list of `count` strings.

    Raises:
        SpecError: an unknown sampler, or a prompt that is too long or has tokens that are not in
            the vocabulary.
    """
    vocabulary, length = generator.domain.vocabulary, length or generator.domain.length
    start = encoded(vocabulary, prompt, length)
    drawn = tokens(generator, count, seed, sampler, length, tuple(start.numpy()[0]))
    return written(vocabulary, prompt, drawn, start.shape[1])


def written(vocabulary: Vocabulary, prompt: str, drawn: np.ndarray, known: int) -> list[str]:
    """Writes drawn tokens as texts.

    Args:
        vocabulary: the tokens.
        prompt: the start of each text.
        drawn: int32 [count, length].
        known: the number of tokens of the prompt.
    """
    prompts, lengths = tf.fill([len(drawn)], prompt), tf.fill([len(drawn)], known)
    return [text.decode() for text in vocabulary.continued(prompts, drawn, lengths).numpy()]


def complete(
    generator: PatchModel,
    originals: tf.Tensor,
    known_rows: int,
    seed: int = 0,
    sampler: str = "ancestral()",
    labels: tf.Tensor | None = None,
) -> np.ndarray:
    """Draws the lower rows of images given the upper ones.

    Args:
        generator: an autoregressive model of images.
        originals: images, float32 [count, height, width, channels] in [0, 1].
        known_rows: the number of rows to keep, rounded down to whole patches.
        seed: another seed gives other completions of the same images.
        sampler: the spec of a member of `zoo.samplers`.
        labels: the images' classes, integers [count], for a class-conditional model.

    Returns:
        Images of the same shape.
    """
    completed, first = [], 0
    change, compiled = _sampler(sampler), generator.network.jit_compile_sampling
    for part in seeds(len(originals), seed):
        rows = slice(first, first := first + len(part))
        known = tf.fill([len(part)], known_rows)
        some = None if labels is None else labels[rows]
        made = generator.complete(originals[rows], known, part, change, some, jit_compile=compiled)
        completed.append(made.numpy())
    return np.concatenate(completed)


def most_probable(
    generator: TextModel, beam_width: int, length: int | None = None, prompt: str = ""
) -> list[tuple[str, float]]:
    """Finds the most probable texts by beam search.

    Args:
        generator: an autoregressive model of text.
        beam_width: the number of prefixes kept at each time.
        length: see `texts`.
        prompt: see `texts`.

    Returns:
        At most `beam_width` pairs of a text and the log-probability, in nats, of what follows the
        prompt, the most probable first.

    Raises:
        SpecError: a beam width below 1, or see `texts`.
    """
    require(beam_width >= 1, f"beam_width={beam_width} should be at least 1.")
    vocabulary, length = generator.domain.vocabulary, length or generator.domain.length
    start = encoded(vocabulary, prompt, length)
    found = samplers.beam_search(
        generator.network,
        vocabulary,
        generator.starts(1),
        beam_width,
        length,
        start,
        tf.constant([start.shape[1]]),
    )
    prompts, lengths = tf.fill([beam_width], prompt), tf.fill([beam_width], start.shape[1])
    texts = vocabulary.continued(prompts, found.tokens[0], lengths).numpy()
    pairs = zip(texts, found.log_prob[0].numpy().tolist(), strict=True)
    return [(text.decode(), nats) for text, nats in pairs if nats > -np.inf]


def seeds(count: int, seed: int) -> list[tf.Tensor]:
    """The seeds of consecutive samples, int64, in batches of at most 250.

    Args:
        count: the number of samples.
        seed: the seed of all of them.

    Raises:
        SpecError: a seed below 0 or above 2^31 - 1.
    """
    require(0 <= seed < 2**31, f"seed={seed} should be at least 0 and below 2^31.")
    first = seed << 32
    return [
        tf.range(first + begin, first + min(begin + AT_ONCE, count), dtype=tf.int64)
        for begin in range(0, count, AT_ONCE)
    ]


def encoded(vocabulary: Vocabulary, prompt: str, length: int) -> tf.Tensor:
    """The tokens of a prompt, int32 [1, any].

    Raises:
        SpecError: it has unknown tokens, or as many as a text may have.
    """
    start = vocabulary.encode([prompt]).to_tensor()
    require(
        not np.isin(start, [vocabulary.unknown, ABSENT]).any(),
        f"The prompt {prompt!r} has tokens that are not in the vocabulary, which has "
        f"{', '.join(map(repr, vocabulary.ordinary[:10]))} and so on.",
    )
    require(
        start.shape[1] < length,
        f"The prompt {prompt!r} has {start.shape[1]} tokens, and a text at most {length}: "
        "give a shorter prompt or a larger length.",
    )
    return start


@functools.cache
def _sampler(text):
    """The sampler of a spec, the same function each time: another would be traced anew."""
    return samplers.of_tokens(text)


def _decoded(generator, count, seed, label=None):
    return np.concatenate([_generated(generator, part, label) for part in seeds(count, seed)])


@tf.function(reduce_retracing=True)
def _generated(generator, seeds, label):
    return generator.generate(seeds, _labels(label, tf.shape(seeds)[0]))


@tf.function(reduce_retracing=True)
def _paths(generator, steps, starts, ends, labels, to_labels):
    return generator.interpolate(starts, ends, steps, labels, to_labels)


def _labels(label, count):
    return None if label is None else tf.fill([count], label)
