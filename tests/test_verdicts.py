"""What a discriminator says of examples, whatever kind of data it was trained on."""

import types

import numpy as np
import pytest

from zoo import experiment, spec, verdicts


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A text GAN on one running text."""
    folder = tmp_path_factory.mktemp("running")
    text = "the quick brown fox jumps over the lazy dog. " * 40
    (folder / "text.txt").write_text(text, encoding="utf-8")
    settings = experiment.Experiment(
        data=f"text_file(path={str(folder / 'text.txt')!r}, layout='running', length=12)",
        model='text_gan(generator="lstm(units=4, layers=1)", width=4)',
        objective="generalised_js()",
        steps=2,
        batch_size=4,
        sample_every=2,
    )
    return experiment.train(settings, str(folder / "run"))


def test_windows_of_a_running_text_are_judged(run):
    real, samples = verdicts.held_out(run, "test", count=10, seed=0)
    assert real.shape == samples.shape == (10, 12)
    held_out = "".join(map(chr, run.dataset.test.values))
    assert all("".join(map(chr, window)) in held_out for window in real)
    ratios = verdicts.log_density_ratio(run, real)
    assert ratios.shape == (10,)
    assert np.isfinite(ratios).all()


@pytest.mark.parametrize("member", ["divergence_bound", "calibration"])
def test_measures_of_discriminators_take_a_running_text(run, member):
    found = spec.module("metrics", member).measure(run, split="test", count=30, seed=0)
    assert all(np.isfinite(each.value) for each in found.values())


def test_windows_that_stand_for_independent_examples_do_not_overlap(run):
    values = run.dataset.test.values
    real, _ = verdicts.held_out(run, "test", count=10**6, seed=0)
    assert len(real) == len(values) // 12 == verdicts.num_real(run.dataset.test, 10**6)
    expected = values[: len(values) // 12 * 12].reshape(-1, 12)
    assert sorted(map(tuple, real)) == sorted(map(tuple, expected))


def test_one_example_has_no_standard_error(run):
    for member in ("divergence_bound", "calibration"):
        found = spec.module("metrics", member).measure(run, split="test", count=1, seed=0)
        assert all(each.standard_error is None for each in found.values())


def test_pi_is_that_of_the_last_update():
    scheduled = types.SimpleNamespace(
        step=3, objective=types.SimpleNamespace(pi_at=lambda step: [0.9, 0.7, 0.5, 0.3][step])
    )
    assert verdicts.pi(scheduled) == 0.5
