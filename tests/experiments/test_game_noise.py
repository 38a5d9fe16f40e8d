"""The noise of the game under the three weightings."""

import numpy as np
import pytest

from experiments import game_noise
from experiments.game_noise import played_std, resting_std
from experiments.weightings import WEIGHTINGS


def test_the_covariance_is_what_many_linear_steps_come_to():
    step_a, step_theta = game_noise.DISCRIMINATOR_RATE, game_noise.GENERATOR_RATE
    rng = np.random.default_rng(0)
    slope, theta, squares = np.zeros(4000), np.zeros(4000), []
    for number in range(2000):
        slope = slope - step_a * (slope + theta + np.sqrt(2 / 256) * rng.standard_normal(4000))
        theta = theta + step_theta * slope
        squares += [theta**2] if number >= 1000 else []
    assert resting_std(0.5, "logit_shift") == pytest.approx(np.sqrt(np.mean(squares)), rel=0.02)


@pytest.mark.parametrize("pi", [0.01, 0.99])
def test_only_the_share_in_the_batch_adds_noise_at_the_ends(pi):
    """The rarer kind has 5 examples of 512 there, so that the noise is five times as large."""
    shifted, weighted, shared = (resting_std(pi, each) for each in WEIGHTINGS)
    assert shifted == weighted == resting_std(0.5, "batch_ratio")
    assert shared / shifted == pytest.approx(np.sqrt((1 / 5 + 1 / 507) / (2 / 256)), rel=1e-12)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("pi", [0.01, 0.99])
def test_the_game_as_it_is_played_is_as_noisy(pi, weighting):
    played = played_std(pi, weighting, games=16)
    assert played == pytest.approx(resting_std(pi, weighting), rel=0.25)


def test_the_program_prints_a_line_for_each(monkeypatch, capsys):
    monkeypatch.setattr(game_noise, "PIS", (0.5,))
    monkeypatch.setattr(game_noise, "played_std", lambda *_: 0.25)
    game_noise.main([])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "0.5   logit_shift   0.00625  0.25000"
    assert len(lines) == 4
