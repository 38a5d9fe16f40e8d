"""Three weightings of the discriminator: all come to the log ratio, with unlike noise."""

import json

import numpy as np
import pytest

from experiments import plots, weightings


def test_the_exact_ratio_has_no_error_and_another_its_distance():
    game = weightings.known(0)

    def exact(points):
        return game.dataset.log_prob(points).numpy() - game.generator.log_prob(points).numpy()

    assert weightings.median_error(exact, game) == 0
    assert weightings.median_error(lambda points: exact(points) + 0.25, game) == pytest.approx(0.25)


def test_at_a_half_all_three_are_one():
    """The same draws, the same loss: the same discriminator."""
    found = [
        weightings.trained_error(0.5, each, seed=0, steps=60) for each in weightings.WEIGHTINGS
    ]
    np.testing.assert_allclose(found, found[0], rtol=1e-3)


def test_with_little_data_in_the_batch_the_ratio_is_found_worst():
    """At π = 0.01 a batch of the paper's recipe has 5 examples of data in 512."""
    shifted, shared = (
        weightings.trained_error(0.01, each, seed=0, steps=300)
        for each in ("logit_shift", "batch_ratio")
    )
    assert shifted < 0.5
    assert shared > 1.5 * shifted


def test_the_program_writes_what_it_draws(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(weightings, "PIS", (0.3, 0.6))
    monkeypatch.setattr(weightings, "SEEDS", (1,))
    weightings.main(["--output", str(tmp_path / "new"), "--steps", "2"])
    record = json.loads((tmp_path / "new" / "weightings.json").read_text())
    assert record["pi"] == [0.3, 0.6]
    assert record["median_error"].keys() == set(weightings.WEIGHTINGS)
    assert np.shape(record["median_error"]["batch_ratio"]) == (2, 1)
    assert (tmp_path / "new" / "weightings.png").is_file()
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_the_figure_has_a_line_of_means_for_each_weighting():
    errors = {"logit_shift": [[0.1, 0.3], [0.2, 0.2]], "loss_weights": [[0.2, 0.2]] * 2}
    errors |= {"batch_ratio": [[0.5, 0.7], [0.4, 0.2]]}
    (ax,) = plots.weightings([0.1, 0.9], errors).axes
    named = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    np.testing.assert_allclose(named["batch_ratio"].get_ydata(), [0.6, 0.3])
    np.testing.assert_allclose(named["logit_shift"].get_xdata(), [-np.log(9), np.log(9)])
