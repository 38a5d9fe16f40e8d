"""Mixtures of Gaussians: draws follow P, and P's density is known."""

import json

import numpy as np
import pytest
import scipy.special
import scipy.stats

from zoo import spec
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import DataError
from zoo.runs.run_folder import RunFolder

IN_SPACE = {
    "weights": [0.5, 0.3, 0.2],
    "means": [[0, 0, 0], [3, -2, 1], [1, 1, 40]],
    "variances": [1.0, 0.04, 9.0],
}


@pytest.fixture
def in_space(tmp_path):
    """The spec of a mixture in three dimensions, from a file."""
    path = tmp_path / "mixture.json"
    path.write_text(json.dumps(IN_SPACE))
    return f"gaussian_mixture(path={str(path)!r})"


def build(text="gaussian_mixture"):
    return spec.build("data", text, None)


def test_the_density_is_scipy_s(in_space):
    """To 1e-12, at draws and far beyond all of them; the input's float32 is not lost."""
    dataset = build(in_space)
    points = np.concatenate([dataset.test.values[:500], 1e3 * np.eye(3, dtype=np.float32)])
    parts = [
        np.log(w) + scipy.stats.multivariate_normal(m, v).logpdf(points.astype(np.float64))
        for w, m, v in zip(*IN_SPACE.values(), strict=True)
    ]
    found = dataset.log_prob(points).numpy()
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, scipy.special.logsumexp(parts, axis=0), rtol=1e-12)


def test_draws_have_the_moments_of_the_mixture(in_space):
    """Mean and covariance of 200,000, within 5 standard errors."""
    count = 200_000
    drawn = build(in_space).train.batch(3, count, seed=1).numpy().astype(np.float64)
    weights, means, variances = (np.array(each, float) for each in IN_SPACE.values())
    mean = weights @ means
    spread = means - mean
    covariance = np.einsum("k,ki,kj->ij", weights, spread, spread) + weights @ variances * np.eye(3)
    errors = np.sqrt(np.diag(covariance) / count)
    assert np.all(np.abs(drawn.mean(axis=0) - mean) < 5 * errors)
    products = np.einsum("ni,nj->nij", drawn - mean, drawn - mean)
    assert np.all(
        np.abs(products.mean(axis=0) - covariance) < 5 * products.std(axis=0) / np.sqrt(count)
    )


def test_draws_have_the_weights_of_the_mixture(tmp_path):
    """Of components that do not overlap; 100,000 draws, within 5 standard errors."""
    weights = np.array([0.7, 0.05, 0.25])
    path = tmp_path / "mixture.json"
    fields = {"weights": weights.tolist(), "means": [[0], [100], [200]], "variances": [1, 1, 1]}
    path.write_text(json.dumps(fields))
    drawn = build(f"gaussian_mixture(path={str(path)!r})").train.batch(0, 100_000, seed=0).numpy()
    shares = np.bincount(np.rint(drawn[:, 0] / 100).astype(int), minlength=3) / 100_000
    assert np.all(np.abs(shares - weights) < 5 * np.sqrt(weights * (1 - weights) / 100_000))


def test_one_gaussian_is_a_mixture(tmp_path):
    path = tmp_path / "mixture.json"
    path.write_text(json.dumps({"weights": [1], "means": [[5.0]], "variances": [4.0]}))
    dataset = build(f"gaussian_mixture(path={str(path)!r}, count=100)")
    expected = scipy.stats.norm(5, 2).logpdf(dataset.test.values[:, 0])
    np.testing.assert_allclose(dataset.log_prob(dataset.test.values), expected, rtol=1e-12)


def test_every_step_draws_anew_and_the_same_step_the_same():
    train = build().train
    first, second = (train.batch(step, 50, seed=0).numpy() for step in (0, 1))
    assert first.dtype == np.float32
    assert not set(first.ravel()) & set(second.ravel())
    np.testing.assert_array_equal(first, train.batch(0, 50, seed=0))
    assert np.any(first != train.batch(0, 50, seed=1).numpy())


def test_held_out_parts_stay_the_same_and_share_no_point():
    one, again = build(), build()
    parts = [getattr(one, name).values for name in ("train", "validation", "test")]
    assert [part.shape for part in parts] == [(10_000, 2)] * 3
    assert len(np.unique(np.concatenate(parts), axis=0)) == 30_000
    np.testing.assert_array_equal(one.test.values, again.test.values)
    np.testing.assert_array_equal(one.test.at([3, 1]), one.test.values[[3, 1]])
    other = build("gaussian_mixture(seed=1, count=10)").test.values
    assert not set(other.ravel()) & set(one.test.values.ravel())


@pytest.mark.parametrize("name", list(mixtures.FILES))
def test_a_mixture_that_comes_with_the_zoo_is_found_by_its_name(name):
    """The density, computed by the theory programs with NumPy and by the data with TensorFlow."""
    dataset = build(f"gaussian_mixture(name={name!r}, count=100)")
    p, points = mixtures.load(mixtures.FILES[name]), dataset.test.values.astype(np.float64)
    np.testing.assert_allclose(
        dataset.log_prob(points), mixtures.log_density(p, points), rtol=1e-12
    )


def test_its_domain_comes_back_from_a_run_folder(tmp_path, in_space):
    folder, domain = RunFolder(tmp_path), build(in_space).domain
    folder.create()
    folder.write({}, domain)
    _, recorded = folder.read()
    assert recorded == domain
    assert (recorded.kind, recorded.dimension) == ("points", 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("name='figure_one'", "no mixture 'figure_one'. Known: .*mixture_a"),
        ("path='/nowhere.json'", "/nowhere.json is not a mixture"),
        ("name='mixture_a', path='x.json'", "not both"),
        ("count=0", "count=0 should be at least 1"),
        ("seed=-1", "seed=-1 should be at least 0"),
    ],
)
def test_what_is_no_mixture_is_refused(arguments, words):
    with pytest.raises(DataError, match=words):
        build(f"gaussian_mixture({arguments})")


@pytest.mark.parametrize("means", [[], [[]], [[0, 0], [1]], [[float("nan"), 0]]])
def test_a_file_with_other_means_is_refused(tmp_path, means):
    path = tmp_path / "mixture.json"
    path.write_text(json.dumps({"weights": [1], "means": means, "variances": [1]}))
    with pytest.raises(DataError, match="is not a mixture"):
        build(f"gaussian_mixture(path={str(path)!r})")
