"""The bound of a fresh discriminator: near a known divergence, above a game's own, repeatable."""

import dataclasses
import json
import math
import pathlib

import numpy as np
import pytest

from zoo import commands, metrics, spec
from zoo.distributions import gaussian_mixture
from zoo.errors import SpecError
from zoo.metrics import fresh_bound
from zoo.metrics.fresh_bound import Settings
from zoo.runs import evaluation

POINTS = {
    "data": "gaussian_mixture(count=4000)",
    "model": "gaussian(mean=[1.0, 0.5], discriminator_units=16)",
    "objective": "generalised_js",
    "steps": 1,
}
BRIEF = "fresh_bound(steps=10, batch_size=8)"


@pytest.fixture(scope="module")
def run(tiny_run):
    return tiny_run(**POINTS)


def measure(run, settings, seed=0):
    return fresh_bound.measure(run, split="test", count=4000, seed=seed, settings=settings)


def test_it_is_near_the_divergence_and_the_game_s_own_is_not(run):
    found = measure(run, Settings(steps=300, batch_size=128, learning_rate=1e-2))
    (exact,) = [m for name, m in known(run).items() if name == "js_0.5"]
    fresh, own = found["fresh_bound"], found["own_bound"]
    error = math.hypot(fresh.standard_error, exact.standard_error)
    assert 0.85 * exact.value < fresh.value < exact.value + 4 * error
    assert own.value < 0.5 * fresh.value
    assert fresh.better == own.better == "lower"


def known(run):
    return metrics.find("exact_divergences").measure(run, split="test", count=4000, seed=0)


def test_with_noise_it_is_near_the_divergence_of_the_blurred_distributions(run):
    noise = 1.5
    settings = Settings(300, 128, 1e-2, instance_noise=noise)
    found = measure(run, settings)["fresh_bound"]
    exact, error = blurred_js(run, noise)
    assert error < 0.002
    assert 0.85 * exact < found.value < exact + 4 * math.hypot(error, found.standard_error)
    assert (
        exact
        < 0.8 * measure(run, dataclasses.replace(settings, instance_noise=0.0))["fresh_bound"].value
    )  # so that the noise counts


def blurred_js(run, noise):
    """JS at π = 0.5 of both densities convolved with N(0, noise²), by draws, and its error."""
    path = pathlib.Path(gaussian_mixture.__file__).parent / "mixture_a.json"
    p = {key: np.array(value) for key, value in json.loads(path.read_text()).items()}
    q = {
        "weights": np.ones(1),
        "means": run.generator.mean[None],
        "variances": np.array([run.generator.std**2]),
    }
    random, terms = np.random.default_rng(0), []
    for of, other in ((p, q), (q, p)):
        drawn = random.choice(len(of["weights"]), 100_000, p=of["weights"])
        spread = np.sqrt(of["variances"][drawn] + noise**2)[:, None]
        points = of["means"][drawn] + spread * random.standard_normal([100_000, 2])
        ratio = log_density(points, of, noise) - log_density(points, other, noise)
        terms.append(math.log(2) - np.logaddexp(0, -ratio))
    error = math.hypot(*(each.std() / math.sqrt(len(each)) for each in terms)) / 2
    return np.mean(terms), error


def log_density(points, mixture, noise):
    variances = mixture["variances"] + noise**2
    squares = np.sum(np.square(points[:, None] - mixture["means"]), axis=-1)
    each = np.log(mixture["weights"] / (2 * np.pi * variances)) - squares / (2 * variances)
    return np.logaddexp.reduce(each, axis=1)


def test_the_same_seed_gives_the_same_bound_and_another_another(run):
    settings = Settings(steps=10, batch_size=8)
    first, again, other = (measure(run, settings, seed)["fresh_bound"] for seed in (3, 3, 4))
    assert first == again
    assert first.value != other.value


@pytest.mark.parametrize("sampler", ["ancestral()", "temperature(temperature=0.5)"])
def test_a_run_without_a_discriminator_is_measured_by_its_sampler(tiny_run, sampler):
    plain = dataclasses.replace(tiny_run(steps=1), sampler=sampler)
    (evaluated,) = evaluation.evaluate_all(
        [plain], evaluation.Settings(("test",), (BRIEF,), count=20)
    )
    assert evaluated.measured.keys() == {"fresh_bound"}
    assert np.isfinite(evaluated.measured["fresh_bound"].value)


@pytest.mark.parametrize("pi", [0.1, 0.5])
def test_the_bound_is_the_divergence_at_the_exact_ratio(pi):
    """P = {1/2, 1/2}, Q = {1/4, 3/4}, as samples in these shares."""
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    ratio, m = np.log(p / q), pi * p + (1 - pi) * q
    exact = pi * p @ np.log(p / m) + (1 - pi) * q @ np.log(q / m)
    real, generated = ratio[[0, 1]], ratio[[0, 1, 1, 1]]
    value, error = fresh_bound.bound(real, generated, np.arange(2), pi)
    assert value == pytest.approx(exact, rel=1e-12)
    assert error > 0


def test_it_is_measured_only_where_it_is_asked_for(run):
    everything = evaluation.applicable(run, evaluation.Settings())
    assert "fresh_bound" not in everything
    assert "fresh_bound" in evaluation.applicable(run, evaluation.Settings(metrics=(BRIEF,)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fresh_bound(steps=9)", "steps=9 should be at least 10"),
        ("fresh_bound(batch_size=0)", "batch_size=0 should be at least 1"),
        ("fresh_bound(learning_rate=0.0)", "learning_rate=0.0 should be above 0"),
        ("fresh_bound(pi=1.0)", "pi=1.0 should be above 0 and below 1"),
        ("fresh_bound(instance_noise=-1.0)", "instance_noise=-1.0 should be at least 0"),
        ("fresh_bound(step=9)", "fresh_bound takes no argument 'step'"),
        ("nll(steps=9)", "nll takes no arguments"),
    ],
)
def test_arguments_that_cannot_be_are_refused(text, sentence):
    with pytest.raises(SpecError, match=sentence):
        evaluation.Settings(metrics=(text,))


def test_a_model_without_a_discriminator_is_refused(tiny_run):
    settings = Settings(steps=10, batch_size=8, model="lstm(units=2)")
    with pytest.raises(SpecError, match="has no discriminator; give one such as text_gan"):
        fresh_bound.trained(tiny_run(steps=1), "test", 0, settings)


def test_a_flat_discriminator_of_the_game_is_not_copied(tiny_run):
    """With spectral normalisation every layer is divided by its norm, also after training."""
    flat = tiny_run(
        data="mnist_5k", model="dcgan(width=4, spectral_normalisation=True)",
        objective="generalised_js", steps=1,
    )  # fmt: skip
    settings = Settings(steps=10, batch_size=4)
    fresh = fresh_bound.trained(flat, "test", 0, settings)
    assert len(fresh.variables) < len(flat.model.discriminator.variables)
    assert len(fresh.trainable_variables) == len(flat.model.discriminator.trainable_variables)


def test_noise_on_tokens_is_refused(tiny_run):
    with pytest.raises(SpecError, match=r"instance_noise=0.5 is for images and points"):
        measure(tiny_run(steps=1), Settings(steps=10, batch_size=8, instance_noise=0.5))


def test_specs_of_a_list_keep_their_commas():
    parts = ["nll", "fresh_bound(steps=20", "pi=0.1)", "bleu"]
    assert commands.specs(parts) == ["nll", "fresh_bound(steps=20,pi=0.1)", "bleu"]
    assert spec.parse(commands.specs(parts)[1])[1] == {"steps": 20, "pi": 0.1}
