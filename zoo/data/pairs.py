"""Pairs of tokens with known probabilities: the smallest texts with a dependence to model.

Source: F. Huszár (2015), arXiv 1511.05101, section 2.
"""

import numpy as np

from zoo.data.base.splits import Dataset, Support
from zoo.distributions.joint_table import JointTable
from zoo.domains import Text
from zoo.errors import DataError
from zoo.tokenizers.vocabulary import Vocabulary


def build(data_dir: str | None, *, joint: list[list[float]]) -> Dataset[Text]:
    """Texts of two tokens x1 x2, drawn independently from a joint table P.

    The tokens are the numbers 0, 1, ... as words; there is neither an unknown nor an end token.
    Training draws from P itself, and held-out results are expectations over P: no split is a
    sample.

    Args:
        data_dir: not used.
        joint: P, a row for each x1 with a probability for each x2, of sum 1. Where there are
            more rows than columns or the reverse, the missing tokens have probability zero.

    Raises:
        DataError: `joint` is not a table of probabilities of sum 1.
    """
    table = _checked(joint)
    tokens = [str(number) for number in range(max(table.shape))]
    cells = np.argwhere(table > 0)
    split = Support(cells.astype(np.int32), weights=table[table > 0])
    domain = Text(Vocabulary(tokens, "word"), 2, contiguous=False)
    return Dataset(domain, split, split, split, log_prob=JointTable(table).log_prob)


def _checked(joint):
    lengths = sorted({len(row) for row in joint})
    if len(lengths) != 1 or lengths == [0]:
        raise DataError(f"pairs: the rows of joint should have one length; they have {lengths}.")
    table = np.array(joint, np.float64)
    if not (table >= 0).all() or not abs(table.sum() - 1) < 1e-6:
        raise DataError(
            "pairs: joint should have no negative number and the sum 1; its least number is "
            f"{table.min()} and its sum {table.sum()}."
        )
    return table
