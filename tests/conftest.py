"""What tests share. More data is found by TFDS_DATA_DIR and ZOO_TEST_DATA."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import importlib.util
import itertools
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import divergences, domains, spec
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

ROOT = pathlib.Path(__file__).parent.parent


def pytest_collection_modifyitems(items):
    """The file that takes longest begins."""
    items.sort(key=lambda item: item.path.name != "test_conformance.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Runs tests that share fixtures in one process.

    These are those of a file, and of the conformance tests those of one trained run. (The groups of
    pytest-xdist 3.8, `--dist=loadgroup`, are ignored under pytest 9.2 without a word.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path, _, test = nodeid.partition("::")
            return f"{path}{test.partition('[')[2]}" if "test_conformance" in path else path

    return ByFile(config, log)


@pytest.fixture(autouse=True)
def seeded():
    """Each test begins with the same random state, whatever ran before it in its process."""
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def load_program():
    """A function that loads a program by its path in the repository, as a module."""

    def load(path: str):
        specification = importlib.util.spec_from_file_location(pathlib.Path(path).stem, ROOT / path)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def by_definition(load_program):
    """Scheduled sampling as it is defined: `by_definition.compare`."""
    return load_program("tests/scheduled_sampling_by_definition.py")


@pytest.fixture(scope="session")
def contributed(load_program):
    """The members of CONTRIBUTING.md, dropped in by `contributed.members`."""
    return load_program("tests/contributed.py")


@pytest.fixture(scope="session")
def programs(load_program, tmp_path_factory):
    """Starts programs in processes that need not import TensorFlow: `benchmarks/processes.py`."""
    started = load_program("benchmarks/processes.py").Programs(tmp_path_factory.mktemp("programs"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def tiny_experiment():
    """A function that makes an experiment of two cheap steps, with changes."""

    def make(**changes):
        settings = {
            "data": "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])",
            "model": "lstm(units=4, layers=1)",
            "objective": "maximum_likelihood",
            "steps": 2,
            "batch_size": 4,
            "strategy": "cpu",
            "checkpoint_every": 0,
            "sample_every": 0,
        }
        return zoo.Experiment(**settings | changes)

    return make


@pytest.fixture(scope="session")
def tiny_run(tiny_experiment, tmp_path_factory):
    """A function that trains such an experiment into a fresh folder and returns its run."""

    def train(**changes):
        return zoo.train(tiny_experiment(**changes), str(tmp_path_factory.mktemp("runs") / "run"))

    return train


@pytest.fixture(scope="session")
def letters():
    """Texts of up to three of the letters a, b, c: a domain that can be enumerated."""
    vocabulary = Vocabulary([UNKNOWN, END, "a", "b", "c"], "character")
    return domains.Text(vocabulary, length=4, contiguous=False)


@pytest.fixture(scope="session")
def digit():
    """Images of MNIST's shape."""
    return domains.Image((28, 28, 1), digits=True)


@pytest.fixture
def known_texts():
    """All texts of up to three of the letters a, b, with P and Q known; see `KnownTexts`."""
    return KnownTexts()


class KnownTexts:
    """P and a table Q over all 15 texts, and divergences of them whose gradients are exact.

    Attributes:
        domain: of the texts.
        texts: all that can be drawn, int32 [15, 3].
        batch: some of them over and over, 64 in all: of each as many as Q has it of 64.
        p: their probabilities under P, float64 [15].
        q: under Q, multiples of 1/64.
        model: Q, a table, in which the unknown token has some probability before it is excluded.
        log_ratios: log P(x_{≤t}) - log Q(x_{≤t}), float32 [15, 3].
    """

    def __init__(self):
        self.domain = domains.Text(Vocabulary([UNKNOWN, END, "a", "b"], "character"), 3, False)
        rows = itertools.product([1, 2, 3], repeat=3)
        closed = [r for r in rows if all(b == 1 for a, b in itertools.pairwise(r) if a == 1)]
        self.texts = np.array(closed, np.int32)
        random = np.random.default_rng(0)
        counts = 1 + random.multinomial(49, random.dirichlet(np.ones(15)))
        self.p, self.q = random.dirichlet(np.ones(15)), counts / 64
        self.batch = np.repeat(self.texts, counts, axis=0)
        self.model = self.table(self.q, unknown=0.3)
        ratios = [
            np.log(a / b)
            for a, b in zip(self._prefixes(self.p), self._prefixes(self.q), strict=True)
        ]
        columns = [ratio[number] for ratio, number in zip(ratios, self._numbers(), strict=True)]
        self.log_ratios = np.stack(columns, axis=-1).astype(np.float32)

    def table(self, probabilities, unknown):
        """The table of these probabilities of texts, with one more of the unknown token."""
        model = spec.build("models", "table", self.domain)
        logits = np.zeros(model.network.logits.shape, np.float32)
        for time in range(3):
            for text in self.texts:
                same = (self.texts[:, :time] == text[:time]).all(axis=1)
                shares = np.bincount(self.texts[same, time], probabilities[same], minlength=4)
                row = 0
                for token in text[:time]:
                    row = 4 * row + token + 1
                with np.errstate(divide="ignore"):  # after the end nothing else follows
                    logits[row] = np.log((1 - unknown) * shares / shares.sum())
                logits[row, 0] = np.log(unknown) if unknown else -np.inf
        model.network.logits.assign(np.maximum(logits, -30))
        return model

    def score(self, function):
        """g(log ratio) of texts and their prefixes, float32 [batch, 3], for an estimator."""
        numbers = np.zeros([4, 4, 4], np.int32)
        numbers[tuple(self.texts.T)] = np.arange(15)
        return lambda batch: function(
            tf.gather(self.log_ratios, tf.gather_nd(numbers, batch.values))
        )

    def gradient(self, generator_loss, pi, times=(2,)):
        """Of the mean over times t of a divergence of x_{≤t}, in the table's logits.

        The divergence is the one that a generator loss of `generalised_js` is to follow.
        """
        with tf.GradientTape() as tape:
            log_probs = tf.nn.log_softmax(
                tf.cast(self.model.drawing_logits(self.texts), tf.float64)
            )
            every = tf.gather(log_probs, self.texts, batch_dims=2)
            q = tf.exp(tf.reduce_sum(tf.where(self.token_mask > 0, every, 0), axis=-1))
            values = []
            for time in times:
                numbers = self._numbers()[time]
                log_q = tf.math.log(tf.math.segment_sum(q, numbers))
                log_p = np.log(self._prefixes(self.p)[time])
                values.append(_divergence(generator_loss, log_p, log_q, pi))
            value = tf.reduce_mean(values)
        return tf.convert_to_tensor(tape.gradient(value, self.model.network.logits.value)).numpy()

    @property
    def token_mask(self):
        """1 up to the first end token of each text and 0 after, float32 [15, 3]."""
        return self.model.token_mask(self.texts).numpy()

    def _numbers(self):
        """The number of the prefix of each length that each text has, three int arrays [15]."""
        lengths = range(1, 4)
        return [
            np.unique(self.texts[:, :n], axis=0, return_inverse=True)[1].ravel() for n in lengths
        ]

    def _prefixes(self, probabilities):
        """The probabilities of the prefixes of each length."""
        return [np.bincount(numbers, probabilities) for numbers in self._numbers()]


def _divergence(generator_loss, log_p, log_q, pi):
    js = divergences.generalised_js(log_p, log_q, pi)
    return {
        "exact": js,
        "normalised": js / (pi * (1 - pi)),
        "reverse_kl": divergences.reverse_kl(log_p, log_q),
        "forward_kl": divergences.kl(log_p, log_q),
        "non_saturating": divergences.reverse_kl(log_p, log_q) - js / (1 - pi),
    }[generator_loss]
