"""Baselines without a neural network for the results in README.md.

    python -m experiments.floors

prints a table in Markdown, row by row. The held-out splits decide nothing but the discount of the
n-gram model, which is chosen on the validation split.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from zoo import spec
from zoo.data.base.splits import Dataset
from zoo.errors import explained

IMAGES, TEXT = "binarized_mnist", "tiny_shakespeare(length=100)"
COMPONENTS, ITERATIONS, SEED = 50, 100, 0
ORDER, DISCOUNTS = 5, (0.5, 0.6, 0.7, 0.8, 0.9)


class Mixture(NamedTuple):
    """Mixture of products of Bernoullis, Q(x) = Σ_k w_k Π_i m_ki^x_i (1 - m_ki)^(1 - x_i).

    Attributes:
        weights: w, float64 [components].
        means: m, float64 [components, pixels], in (0, 1).
    """

    weights: np.ndarray
    means: np.ndarray


def independent(images: np.ndarray) -> Mixture:
    """Fits independent pixels, m_i = (Σ_n x_ni + 1) / (N + 2): one component.

    Args:
        images: 0 and 1, floating point [N, pixels].
    """
    return maximised(images, np.ones_like(images[:, :1]))


def mixture(images: np.ndarray, components: int, iterations: int, seed: int) -> Mixture:
    """Fits a mixture by EM from equal weights and means that are blurred, randomly chosen images.

    Args:
        images: 0 and 1, floating point [N, pixels].
        components: at most N.
        iterations: of EM.
        seed: for the choice of images.

    Source: A. Dempster, N. Laird and D. Rubin (1977), "Maximum likelihood from incomplete data
    via the EM algorithm".
    """
    drawn = images[np.random.RandomState(seed).permutation(len(images))[:components]]
    model = Mixture(np.full(components, 1 / components), 0.25 + drawn.astype(np.float64) / 2)
    for _ in range(iterations):
        joint = log_joint(images, model)
        posterior = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
        model = maximised(images, posterior)
    return model


def maximised(images: np.ndarray, posterior: np.ndarray) -> Mixture:
    """Computes the M step, m_k = (Σ_n r_nk x_n + 1) / (r_k + 2) and w_k = (r_k + 1) / (N + K).

    Here r_k = Σ_n r_nk. The added ones are a prior, proportional to Π_k w_k Π_i m_ki (1 - m_ki).

    Args:
        images: x, 0 and 1, floating point [N, pixels].
        posterior: r, the probability of each component given the image, [N, K].
    """
    shares = posterior.sum(axis=0, dtype=np.float64)
    ones = posterior.T.astype(images.dtype) @ images
    return Mixture((shares + 1) / (shares + 1).sum(), (ones + 1) / (shares[:, None] + 2))


def log_joint(images: np.ndarray, model: Mixture) -> np.ndarray:
    """Computes the log of each summand of Q(x) in nats, float64 [images, components]."""
    log_none = np.log1p(-model.means)
    log_odds = (np.log(model.means) - log_none).astype(images.dtype)
    return images @ log_odds.T + log_none.sum(axis=1) + np.log(model.weights)


def log_prob(images: np.ndarray, model: Mixture) -> np.ndarray:
    """Computes log Q(x) in nats, float64 [images]."""
    return np.logaddexp.reduce(log_joint(images, model), axis=1)


def n_gram(
    train: np.ndarray, text: np.ndarray, size: int, order: int, discount: float
) -> np.ndarray:
    """Computes the probability of each token given the ones before, by interpolated Kneser-Ney.

        P_n(x | h) = (c(h x) - D [c(h x) > 0] + D t(h) P_{n-1}(x | h')) / Σ_x c(h x)

    with h the n - 1 tokens before, h' all of them but the first, t(h) the number of distinct
    tokens after h, and P_0 uniform; after an unseen h, P_{n-1}. c counts occurrences in the
    training text if n is `order`, and the distinct tokens before h x for lower n.

    Args:
        train: tokens below `size`, an integer array [count], preceded by start tokens.
        text: the same, of another text.
        size: of the vocabulary; (size + 1)^order must be below 2^63.
        order: the largest n, at least 1.
        discount: D, between 0 and 1.

    Returns:
        float64 [len(text)].

    Source: R. Kneser and H. Ney (1995), "Improved backing-off for M-gram language modeling"; S.
    Chen and J. Goodman (1998), "An empirical study of smoothing techniques for language modeling".
    """
    counted = np.unique(_n_grams(train, size, order), return_counts=True)
    return _kneser_ney(*counted, _n_grams(text, size, order), size, order, discount)


def _n_grams(text, size, order):
    """Encodes each token with the order - 1 before it as digits of a number, int64 [len(text)]."""
    started = np.concatenate([np.full(order - 1, size), text]).astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(started, order)
    return windows @ (size + 1) ** np.arange(order)[::-1]


def _kneser_ney(n_grams, counts, asked, size, order, discount):
    """P_order of the n-grams `asked`, from the sorted known ones and their counts."""
    if order == 0:
        return np.full(len(asked), 1 / size)
    all_but_first = (size + 1) ** (order - 1)
    shorter = np.unique(n_grams % all_but_first, return_counts=True)
    backed = _kneser_ney(*shorter, asked % all_but_first, size, order - 1, discount)
    histories, which = np.unique(n_grams // (size + 1), return_inverse=True)
    history = asked // (size + 1)
    total = _looked_up(history, histories, np.bincount(which, counts))
    types = _looked_up(history, histories, np.bincount(which))
    count = _looked_up(asked, n_grams, counts)
    discounted = count - discount * (count > 0) + discount * types * backed
    return np.where(total > 0, discounted / np.maximum(total, 1), backed)


def _looked_up(keys, known, values):
    """Value of each key, 0 for keys that are not among the sorted known ones."""
    indices = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[indices] == keys, values[indices], 0)


def image_floors(data: Dataset) -> Iterator[str]:
    """Yields the table's rows for a data set of binary images."""
    train, *held_out = (_bits(data.split(name)) for name in ("train", "validation", "test"))
    models = {
        "independent pixels": independent,
        f"mixture of {COMPONENTS} products of Bernoullis, {ITERATIONS} steps of EM, seed {SEED}": (
            lambda images: mixture(images, COMPONENTS, ITERATIONS, SEED)
        ),
    }
    for name, fit in models.items():
        begin = time.monotonic()
        model = fit(train)
        nats = [-log_prob(images, model).mean() for images in held_out]
        yield row(IMAGES, name, nats, "nats per image", time.monotonic() - begin)


def text_floors(data: Dataset) -> Iterator[str]:
    """Yields the table's row for a corpus, each token given all before."""
    begin, size = time.monotonic(), data.domain.vocabulary.size

    def nats(split, discount):
        values = data.train.values, data.split(split).values
        return -np.log(n_gram(*values, size, ORDER, discount)).mean()

    validation, discount = min((nats("validation", each), each) for each in DISCOUNTS)
    name = f"{ORDER}-gram, Kneser-Ney with discount {discount}"
    both = validation, nats("test", discount)
    yield row(TEXT, name, both, "nats per character", time.monotonic() - begin)


def row(data: str, model: str, nats: Sequence[float], unit: str, seconds: float) -> str:
    """Formats a row of the table."""
    validation, test = (f"{value:.3f}" for value in nats)
    return f"| `{data}` | {model} | {validation} | {test} | {unit} | {seconds:.0f} s |"


def _bits(split):
    return (split.values.reshape(len(split), -1) / 255).astype(np.float32)


def main(given: list[str] | None = None) -> None:
    """Fits, evaluates and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data_dir", help="TFDS's folder; by default TFDS_DATA_DIR")
    data_dir = parser.parse_args(given).data_dir
    print("| data | model | validation | test | unit | time |\n|---|---|---|---|---|---|")
    for data, floors in ((IMAGES, image_floors), (TEXT, text_floors)):
        for line in floors(spec.build("data", data, data_dir)):
            print(line, flush=True)


if __name__ == "__main__":
    explained(main)()
