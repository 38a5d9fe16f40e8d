"""Runs that diverge, saturate or collapse warn, once, and tell once when it is over."""

import math

import pytest

from zoo.runs import health
from zoo.runs.health import HealthChecks


@pytest.fixture
def said():
    return []


@pytest.fixture
def watch(said):
    return HealthChecks(0, said.append)


def train(watch, first, last, share, pi=0.5):
    """Steps from `first` to `last` at which the bound is this share of its most."""
    most = -pi * math.log(pi) - (1 - pi) * math.log(1 - pi)
    for step in range(first, last + 1):
        logs = {"discriminator_loss": 0.1, "divergence_bound": share * most, "pi": pi}
        watch.after_step(step, logs)


@pytest.mark.parametrize("pi", [0.01, 0.5, 0.99])
def test_a_saturated_discriminator_is_warned_of_once_and_told_when_it_is_over(watch, said, pi):
    train(watch, 1, 199, 0.97, pi)
    assert said == []  # at the beginning any discriminator may be
    train(watch, 200, 600, 0.97, pi)
    assert len(said) == 1
    assert "Warning: at step 200 the discriminator is saturated" in said[0]
    assert "97% of its maximum" in said[0]
    train(watch, 601, 900, 0.2, pi)
    assert len(said) == 2
    assert "no longer" in said[1]


def test_a_discriminator_that_is_right_now_and_then_is_not_saturated(watch, said):
    for step in range(1, 1000, 2):
        train(watch, step, step, 1.0)
        train(watch, step + 1, step + 1, 0.7)
    assert said == []


def test_a_collapsed_generator_is_warned_of_once_and_told_when_it_is_over(watch, said):
    for step, found in ((10, 0.9), (20, 0.02), (30, 0.01), (40, 0.5)):
        watch.validated(step, {"divergence_bound": 0.3, "diversity": found})
    assert len(said) == 2
    assert "at step 20 the generator has collapsed" in said[0]
    assert "0.02 times that between" in said[0]
    assert "At step 40 the generator is no longer collapsed" in said[1]


def test_other_objectives_have_no_such_warnings(watch, said):
    for step in range(1, 400):
        watch.after_step(step, {"nll": 0.0})
    watch.validated(400, {"nll": 0.0})
    assert said == []


@pytest.mark.parametrize(
    ("name", "first", "limit"),
    [("nll", 4.0, 120.0), ("nll", 0.5, 30.0), ("discriminator_loss", 0.7, 30.0), ("x", 5.0, 1e6)],
)
def test_a_value_that_grows_beyond_its_limit_is_warned_of(name, first, limit):
    said = []
    watch = HealthChecks(0, said.append)
    for step in range(1, 30):
        watch.after_step(step, {name: first, "divergence_bound": 0.1, "pi": 0.5})
    for step in range(30, 60):
        watch.after_step(step, {name: 0.99 * limit, "divergence_bound": 0.1, "pi": 0.5})
    assert said == []
    for step in range(60, 90):
        watch.after_step(step, {name: 1.2 * limit, "divergence_bound": 0.1, "pi": 0.5})
    assert len(said) == 1
    assert f"the run is diverging: the {name} is" in said[0]
    for step in range(90, 120):
        watch.after_step(step, {name: first, "divergence_bound": 0.1, "pi": 0.5})
    assert len(said) == 2
    assert "again" in said[1]


NAMES = {
    "data": "surnames",
    "model": "lstm(units=8, layers=1)",
    "steps": 30,
    "batch_size": 16,
}


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({"learning_rate": 100.0}, "nll"),
        (
            {
                "data": "mnist_5k",
                "model": "dcgan(width=4)",
                "objective": "generalised_js",
                "learning_rate": 1000.0,
                "seed": 1,
            },
            "discriminator_loss",
        ),
    ],
)
def test_a_run_that_diverges_to_finite_values_warns(tiny_run, capsys, changes, figure):
    tiny_run(**NAMES | changes)
    assert f"the run is diverging: the {figure} is" in capsys.readouterr().out


def test_a_run_that_learns_is_not_said_to_diverge(tiny_run, capsys):
    tiny_run(**NAMES | {"model": "text_gan", "objective": "generalised_js", "steps": 25})
    assert "diverging" not in capsys.readouterr().out


def test_a_run_warns_that_its_generator_has_collapsed(tiny_run, capsys):
    """By steps so large that its last layer is saturated, whatever the latent is."""
    tiny_run(
        data="mnist_5k",
        model="mlp_gan(width=16, latent_size=2)",
        objective="generalised_js(pi=0.5, generator_loss='reverse_kl')",
        steps=20,
        batch_size=64,
        learning_rate=0.3,
        sample_every=20,
    )
    assert "at step 20 the generator has collapsed" in capsys.readouterr().out


def test_a_run_warns_that_its_discriminator_is_saturated(tiny_run, capsys, monkeypatch):
    """The generator learns next to nothing, and a discriminator of 20 steps tells it from data."""
    monkeypatch.setattr(health, "SATURATED_STEPS", 10)
    tiny_run(
        data="mnist_5k",
        model="dcgan(width=4)",
        objective="generalised_js(pi=0.5, discriminator_steps=5)",
        steps=30,
        batch_size=32,
        learning_rate=0.003,
    )
    assert "the discriminator is saturated" in capsys.readouterr().out
