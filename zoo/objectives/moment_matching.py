"""Generative moment matching: minimises the maximum mean discrepancy, without a discriminator.

    MMD²[P, Q] = E k(x, x') + E k(y, y') - 2 E k(x, y),   x, x' ∼ P and y, y' ∼ Q, all independent

is the squared distance of the mean embeddings of P and Q in the space of the kernel k. With
Gaussian kernels it is 0 only where P = Q, whatever their bandwidths.

Source: A. Gretton et al. (2012), "A Kernel Two-Sample Test", Journal of Machine Learning
Research 13; as an objective of generators: Y. Li, K. Swersky and R. Zemel, arXiv 1502.02761
(2015), and G. Dziugaite, D. Roy and Z. Ghahramani, arXiv 1505.03906 (2015).
"""

import keras
from keras import ops

from zoo import replicas
from zoo.batch import Batch
from zoo.errors import require
from zoo.objectives.base.contracts import ImplicitObjective

MULTIPLES = (0.25, 0.5, 1.0, 2.0, 4.0)
_MOST = 256  # real examples that the default bandwidths are made from


def build(*, bandwidths: list[float] | None = None) -> "MomentMatching":
    """MMD² with the kernel k(x, y) = mean over σ of exp(-|x - y|² / 2σ²).

    A kernel sees differences of about its bandwidth: of a mixture of kernels at least one has a
    gradient. Large batches are what makes it work: the noise of the estimate falls as one over
    their size (Li et al. use 1,000).

    Args:
        bandwidths: the σ of the kernels, in the unit of the examples (of a pixel 1 is white);
            None: 1/4, 1/2, 1, 2 and 4 times the median distance between the real examples of
            the batch, of at most 256 of them. They then move a little from batch to batch, and
            no gradient flows through them.

    Raises:
        SpecError: no bandwidth, or one that is not above 0.
    """
    require(
        bandwidths is None or (len(bandwidths) > 0 and min(bandwidths) > 0),
        f"moment_matching: bandwidths={bandwidths} should be numbers above 0, at least one.",
    )
    return MomentMatching(bandwidths)


class MomentMatching(ImplicitObjective):
    """The unbiased estimate of MMD² from a batch of each distribution.

    Attributes:
        figure: the name that the loss is logged by.
    """

    figure = "mmd_squared"

    def __init__(self, bandwidths: list[float] | None = None):
        self._bandwidths = bandwidths

    def loss(self, real: Batch, generated: Batch):
        """The U-statistic of MMD², which may come out below 0.

            mean over i≠j of k(x_i, x_j) + mean over i≠j of k(y_i, y_j) - 2 mean of k(x_i, y_j)

        Args:
            real: examples of P, a `Batch` of at least two. With labels P and Q are distributions
                of pairs, whose kernel is k(x, y) where the labels are the same and 0 elsewhere.
            generated: examples of Q, a `Batch` of at least two.

        Returns:
            A float32 scalar. With fixed bandwidths its expectation is MMD², and the expectation
            of its gradient is the gradient of MMD².

        Source: Gretton et al. (2012), lemma 6, equation 3.
        """
        # All pairs count, those of rows of different replicas too.
        every = (batch.map(replicas.gather) for batch in (real, generated))
        p, q = (Batch(_vectors(batch.values), batch.labels) for batch in every)
        bandwidths = self._bandwidths or _default_bandwidths(p.values[:_MOST])
        within = [_mean_of_pairs(_kernel(batch, batch, bandwidths)) for batch in (p, q)]
        return ops.cast(sum(within) - 2 * ops.mean(_kernel(p, q, bandwidths)), "float32")


def _vectors(values):
    """Examples as vectors, float64 [N, size]."""
    return ops.cast(ops.reshape(values, [ops.shape(values)[0], -1]), "float64")


def _kernel(p, q, bandwidths):
    squares = squared_distances(p.values, q.values)
    kernel = sum(ops.exp(-squares / (2 * sigma**2)) for sigma in bandwidths) / len(bandwidths)
    if p.labels is None:
        return kernel
    return ops.where(ops.equal(p.labels[:, None], q.labels), kernel, 0)


def squared_distances(x: keras.KerasTensor, y: keras.KerasTensor):
    """|x - y|² of all pairs of rows, float64 [N, M].

    As |x|² + |y|² - 2xy, a matrix product instead of N M differences: in float64 what cancels
    costs less than the rounding of float32 examples.
    """
    squares_x, squares_y = (ops.sum(ops.square(rows), axis=-1) for rows in (x, y))
    return squares_x[:, None] + squares_y - 2 * ops.matmul(x, ops.transpose(y))


def _mean_of_pairs(kernel):
    """The mean off the diagonal of a square matrix."""
    count = ops.cast(ops.shape(kernel)[0], kernel.dtype)
    return (ops.sum(kernel) - ops.trace(kernel)) / (count * (count - 1))


def _default_bandwidths(real):
    """`MULTIPLES` of the median distance of different rows; of 1 where that is 0."""
    count = ops.shape(real)[0]
    squares = ops.sort(ops.reshape(squared_distances(real, real), [-1]))
    # The smallest are the distances of each row to itself; of an even number the upper of the two
    # in the middle.
    median = ops.sqrt(ops.maximum(squares[count + count * (count - 1) // 2], 0))
    median = ops.stop_gradient(ops.where(median > 0, median, 1))
    return [multiple * median for multiple in MULTIPLES]
