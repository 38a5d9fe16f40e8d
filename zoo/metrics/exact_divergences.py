"""Divergences from P to Q where both log-densities are known, as for data `pairs` and `oracle`."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from zoo import divergences, samplers
from zoo.density_ratio.trained import Trained
from zoo.divergences.estimates import Estimate, monte_carlo_generalised_js, monte_carlo_kl
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base.contracts import has_likelihood

PI = (0.1, 0.5, 0.9)  # weights of P in the Jensen-Shannon divergences
MOST = 10_000  # possible texts that are enumerated
_BATCH = 250
_UNITS = {"text": "nats per text", "points": "nats per point"}


def measure(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Computes KL, reverse KL and generalised Jensen-Shannon divergences of texts or points.

    Q is the distribution of the run's sampler, which excludes the unknown token: samples are drawn
    and scored with the same sampler. Up to 10,000 possible texts are enumerated; the values are
    then exact, without standard error, and concern P itself whatever the split. For more texts, and
    for points, they are means over the split's examples and over samples, and can be negative.
    Entropies and cross-entropies of points are differential.

    Args:
        run: a trained run.
        split: the name of the split that represents P.
        count: number of samples from Q, and of texts from P if the split has weights.
        seed: for the samples.

    Returns:
        In nats per text or point: `kl_p_q` = KL[P‖Q], `kl_q_p` = KL[Q‖P], `js_0.1`, `js_0.5` and
        `js_0.9` = JS_π[P‖Q] for the weight π of P, unscaled; `cross_entropy_q_p` = -E_Q[log P],
        which divided by the length is the NLL_oracle of text-GAN papers; `entropy_p` and
        `entropy_q`.
        Infinite values are left out: `kl_p_q` if the sampler excludes a text of P, `kl_q_p` and
        `cross_entropy_q_p` if the model generates a text of probability zero under P.

    Raises:
        SpecError: the sampler chooses among whole samples, whose probabilities are not known.

    Source: F. Huszár (2015), arXiv 1511.05101, equations 9 and 12.
    """
    few = run.domain.kind == "text" and run.domain.vocabulary.size**run.domain.length <= MOST
    figures = _exact(run) if few else _estimated(run, split, count, seed)
    return {
        name: Measurement(
            estimate.value,
            _UNITS[run.domain.kind],
            estimate.standard_error if math.isfinite(estimate.standard_error) else None,
            size,
            split,
            "lower" if name.startswith(("kl_", "js_")) else None,
        )
        for name, (estimate, size) in figures.items()
        if math.isfinite(estimate.value)
    }


def _both_known(run):
    """True if log P and log Q can both be computed."""
    return has_likelihood(run) and run.dataset.log_prob is not None


METRIC = RunMetric(_both_known, measure)


def _exact(run):
    """Exact estimates and the number of texts, by name, from all possible texts."""
    size, length = run.domain.vocabulary.size, run.domain.length
    texts = np.array(list(itertools.product(range(size), repeat=length)), np.int32)
    texts = texts[_closed(texts, run.domain.vocabulary.end)]
    log_p, log_q = scorer(run)(texts)
    kl_q_p, entropy_q = divergences.reverse_kl(log_p, log_q), _entropy(log_q)
    figures = {
        "kl_p_q": divergences.kl(log_p, log_q),
        "kl_q_p": kl_q_p,
        "cross_entropy_q_p": kl_q_p + entropy_q,
        "entropy_p": _entropy(log_p),
        "entropy_q": entropy_q,
    }
    figures |= {f"js_{pi}": divergences.generalised_js(log_p, log_q, pi) for pi in PI}
    return {name: (Estimate(float(value), 0.0), len(texts)) for name, value in figures.items()}


def _closed(texts, end):
    """True for texts in which only end tokens follow an end token, bool [texts]."""
    ended = texts == end
    return np.all(ended[:, 1:] >= ended[:, :-1], axis=-1)


def _entropy(log_p):
    return -tf.reduce_sum(tf.math.multiply_no_nan(log_p, tf.exp(log_p)))


def _estimated(run, split, count, seed):
    """Estimates and the number of examples, by name, from the split's examples and from samples."""
    score = scorer(run)
    log_p_at_p, log_q_at_p = score(_examples(run.dataset.split(split), count, seed))
    log_p_at_q, log_q_at_q = score(run.draw(count, seed))
    ratios = log_p_at_p - log_q_at_p, log_p_at_q - log_q_at_q
    at_p = {
        "kl_p_q": monte_carlo_kl(log_p_at_p, log_q_at_p),
        "entropy_p": _mean_nats(log_p_at_p),
    }
    at_q = {
        "kl_q_p": monte_carlo_kl(log_q_at_q, log_p_at_q),
        "cross_entropy_q_p": _mean_nats(log_p_at_q),
        "entropy_q": _mean_nats(log_q_at_q),
    }
    at_both = {f"js_{pi}": monte_carlo_generalised_js(*ratios, pi) for pi in PI}
    sizes = len(log_p_at_p), len(log_q_at_q), min(len(log_p_at_p), len(log_q_at_q))
    parts = zip((at_p, at_q, at_both), sizes, strict=True)
    return {name: (value, size) for part, size in parts for name, value in part.items()}


def _mean_nats(log_prob):
    """Estimates E[-log_prob]."""
    return monte_carlo_kl(np.zeros_like(log_prob), log_prob)


def _examples(data, count, seed):
    """Examples of P: all rows of a sample of it, or weighted draws."""
    return data.values if data.weights is None else data.batch(0, count, seed).numpy()


def scorer(run: Trained) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Builds a function that computes log P and log Q of examples.

    Args:
        run: a trained run whose data set has a `log_prob` and whose generator has a likelihood.

    Returns:
        A function from examples [count, ...] to log P and log Q, float64 [count] each; log Q of
        texts is that of the run's sampler.

    Raises:
        SpecError: the sampler chooses among whole samples, whose probabilities are not known.
    """
    sampler = samplers.of_tokens(run.sampler)
    options = {"sampler": sampler} if run.domain.kind == "text" else {}

    @tf.function(reduce_retracing=True)
    def score(some):
        log_q = run.generator.log_prob(some, **options)
        return [tf.cast(log, tf.float64) for log in (run.dataset.log_prob(some), log_q)]

    def score_all(every):
        parts = [score(every[begin : begin + _BATCH]) for begin in range(0, len(every), _BATCH)]
        return [np.concatenate(logs) for logs in zip(*parts, strict=True)]

    return score_all
