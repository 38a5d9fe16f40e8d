"""A run that is not trained, over data that a test chooses, and texts to compare."""

import os
import pathlib
import types

import numpy as np
import pytest

from zoo import domains, spec
from zoo.data.base.splits import Dataset
from zoo.metrics import Comparison
from zoo.metrics.base.comparison import without_end
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary


@pytest.fixture
def untrained():
    """Makes what metrics see of a run: `untrained(model_spec, domain, split)`."""

    def make(model, domain, split):
        model = spec.build("models", model, domain)
        generator = model.networks()["generator"]
        return types.SimpleNamespace(
            model=model,
            generator=generator,
            domain=domain,
            dataset=Dataset(domain, split, split, split),
            sampler="ancestral()",
        )

    return make


@pytest.fixture(scope="session")
def compare_texts():
    """Makes a comparison of texts, tuples of ids from 2 on: `compare_texts(generated, real)`."""

    def closed(texts, length):
        return np.array([[*text, *[1] * (length - len(text))] for text in texts], np.int32)

    def make(generated, real, training=(), *, contiguous=False):
        texts = [*generated, *real, *training]
        length = max(map(len, texts)) + (not contiguous)
        size = max((token for text in texts for token in text), default=1) + 1
        words = [UNKNOWN, END, *map(str, range(2, size))]
        domain = domains.Text(Vocabulary(words, "word"), length, contiguous)
        parts = [closed(part, length) for part in (generated, real, training or real)]
        return Comparison(domain, *parts, "test", 0)

    return make


@pytest.fixture(scope="session")
def captions():
    """Gives captions of ZOO_TEST_DATA as tuples of ids, or skips the test."""
    folder = pathlib.Path(os.environ.get("ZOO_TEST_DATA", ""))
    path = folder / "coco_captions" / "test_coco.txt"
    if not path.is_file():
        pytest.skip("ZOO_TEST_DATA names no folder with coco_captions")
    data = spec.build("data", f"text_file(path={str(path)!r}, level='word')", None)
    return without_end(data.train.values, data.domain.vocabulary.end)


class Chain:
    """A Markov chain over the ids 2 to 6 that ends by 1, with texts of up to 11 of them."""

    domain = domains.Text(Vocabulary([UNKNOWN, END, *"abcde"], "word"), 12, contiguous=False)

    def __init__(self, seed):
        rows = np.random.default_rng(seed).dirichlet(np.ones(5), size=7)
        ends = np.array([0.0, *[0.15] * 6])  # row 0 is what a text begins with
        self.table = np.column_stack([np.zeros(7), ends, (1 - ends)[:, None] * rows])

    def draw(self, count, seed):
        """Texts int32 [count, 12], closed and filled up by 1."""
        draws = np.random.default_rng([seed, count])
        tokens, last = np.ones([count, 12], np.int32), np.zeros(count, int)
        for time in range(11):
            sums = np.cumsum(self.table[last], axis=-1)
            drawn = np.sum(draws.uniform(size=[count, 1]) * sums[:, -1:] >= sums, axis=-1)
            last = tokens[:, time] = np.where(last == 1, 1, drawn)
        return tokens

    def nats(self, tokens):
        """-Σ log p(x) / Σ length(x), by the table; a text of eleven tokens has a certain end."""
        before = np.pad(tokens[:, :-1], [[0, 0], [1, 0]])
        counts = before != 1
        probabilities = np.where(np.arange(12) == 11, 1, self.table[before, tokens])
        return -np.sum(np.log(probabilities[counts])) / np.sum(counts)


@pytest.fixture(scope="session")
def chain():
    """Makes a Markov chain of texts, `chain(seed)`, whose probabilities are known."""
    return Chain


@pytest.fixture(scope="session")
def adversaries():
    """Comparisons to texts of a chain: others of it (the ceiling), and three bad generators."""
    language, count = Chain(0), 400
    training, real = language.draw(2000, 1), language.draw(count, 2)
    lengths = np.sum(training != 1, axis=-1)
    likely = min(training[lengths > 3], key=lambda text: language.nats(text[None]))
    noise = np.random.default_rng(3).integers(2, 7, [count, 12], np.int32)
    noise[np.arange(12) >= lengths[:count, None]] = 1
    samples = {
        "ceiling": language.draw(count, 4),
        "repeated": np.tile(likely, [count, 1]),
        "memorised": training[:count],
        "noise": noise,
    }
    first = Comparison(Chain.domain, samples["ceiling"], real, training, "test", 0)
    return {name: first.of(generated) for name, generated in samples.items()}
