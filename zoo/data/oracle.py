"""Sequences from an LSTM with random weights, whose distribution is known exactly.

Source: L. Yu et al. (2017), arXiv 1609.05473, section 4.
"""

import pathlib

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.data.base.splits import Dataset, Sequences
from zoo.distributions import oracle_lstm
from zoo.domains import Text
from zoo.errors import DataError
from zoo.spec import File
from zoo.tokenizers.vocabulary import Vocabulary

_VOCABULARY_SIZE, _UNITS = 5000, 32


def build(
    data_dir: str | None,
    *,
    vocabulary_size: int | None = None,
    length: int = 20,
    seed: int = 0,
    count: int = 10_000,
    path: File | None = None,
) -> Dataset[Text]:
    """Texts of one length, drawn independently from an LSTM whose weights are N(0, 1).

    The tokens are the numbers 0, 1, ... as words; there is neither an unknown nor an end token.
    The three parts are independent of each other. Each seed, and each file, defines another P with
    another entropy: divergences are comparable between them, likelihoods are not.

    Args:
        data_dir: not used.
        vocabulary_size: the number of tokens; None: 5,000, or as many as `path` has.
        length: the number of tokens in a text.
        seed: the seed of the texts, and of the weights unless they are read.
        count: the number of texts in each of the three parts.
        path: a .npz file of weights in place of random ones: the float32 or float64 arrays emb,
            Wi, Ui, bi, Wf, Uf, bf, Wog, Uog, bog, Wc, Uc, bc, Wo and bo of the formulas in
            `zoo.distributions.oracle_lstm`, which computes in float32.

    Raises:
        DataError: a number is out of range, or `path` holds no such weights.
    """
    for name, number in (
        ("length", length),
        ("count", count),
        ("vocabulary_size", vocabulary_size),
    ):
        if number is not None and number < 1:
            raise DataError(f"oracle: {name}={number} should be at least 1.")
    if not 0 <= seed < 2**31:
        raise DataError(f"oracle: seed={seed} should be at least 0 and below 2^31.")
    if path is None:
        arrays = random_weights(vocabulary_size or _VOCABULARY_SIZE, seed)
    else:
        arrays = _read(pathlib.Path(path).expanduser(), vocabulary_size)
    network = oracle_lstm.OracleLSTM(arrays, length)
    keys = [randomness.key(seed, part, "oracle texts") for part in range(3)]
    splits = [Sequences(network.sample(count, key)) for key in keys]
    tokens = [str(number) for number in range(len(arrays["emb"]))]
    domain = Text(Vocabulary(tokens, "word"), length, contiguous=False)
    return Dataset(domain, *splits, log_prob=network.log_prob)


def random_weights(vocabulary_size: int, seed: int) -> dict[str, np.ndarray]:
    """Draws the weights of an oracle from N(0, 1), with 32 inputs and 32 units.

    Args:
        vocabulary_size: the number of tokens.
        seed: of the draws.

    Returns:
        float32 arrays by the names in `zoo.distributions.oracle_lstm`.
    """
    shapes = oracle_lstm.shapes(vocabulary_size, _UNITS, _UNITS)
    return {
        name: tf.random.stateless_normal(
            shape, randomness.key(seed, number, "oracle weights"), alg=randomness.ALGORITHM
        ).numpy()
        for number, (name, shape) in enumerate(shapes.items())
    }


def _read(file, vocabulary_size):
    """Reads the weights of a file and checks them."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # NumPy, zip and zlib have a type each for a damaged file
        raise DataError(f"Cannot read {file} as a .npz file of arrays: {error}.") from error
    missing = oracle_lstm.shapes(0, 0, 0).keys() - arrays.keys()
    if missing:
        raise DataError(f"{file} should have the arrays {', '.join(sorted(missing))}, too.")
    sizes = *arrays["emb"].shape, *arrays["Wo"].shape
    if len(sizes) != 4 or 0 in sizes:
        raise DataError(
            f"emb and Wo in {file} should be [tokens, inputs] and [units, tokens]; their shapes "
            f"are {list(arrays['emb'].shape)} and {list(arrays['Wo'].shape)}."
        )
    size, inputs, units, _ = sizes
    for name, shape in oracle_lstm.shapes(size, inputs, units).items():
        _check(f"{name} in {file}", arrays[name], shape)
    if vocabulary_size not in (None, size):
        raise DataError(f"{file} has {size} tokens: leave vocabulary_size={vocabulary_size} out.")
    return arrays


def _check(what, array, shape):
    if array.shape != shape or array.dtype not in (np.float32, np.float64):
        raise DataError(
            f"{what} should be float32 or float64 {list(shape)}, by the shapes of emb and Wo; it "
            f"is {array.dtype} {list(array.shape)}."
        )
    if not np.isfinite(array).all():
        raise DataError(f"{what} has values that are not finite numbers.")
