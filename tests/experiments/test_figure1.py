"""The program and the panels of Figure 1."""

import json

import matplotlib.image
import numpy as np

from experiments import figure1 as program
from experiments import plots
from zoo.theory import figure1


def test_the_program_draws_its_figures_and_prints_the_table(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(program, "CURVE", np.array([0.2, 0.8]))
    path = tmp_path / "mixture.json"
    fields = {"weights": [0.7, 0.3], "means": [[0, 0], [4, 1]], "variances": [1, 1]}
    path.write_text(json.dumps(fields))
    program.main(["--mixture", str(path), "--output", str(tmp_path / "new")])
    for name in ("figure1.png", "figure1_curve.png"):
        assert np.ptp(matplotlib.image.imread(tmp_path / "new" / name)) == 1
    first_row = capsys.readouterr().out.splitlines()[1]
    assert first_row.split()[:3] == ["KL[P‖Q]", "1.200,", "0.300"]


def test_the_panels_show_the_fits(monkeypatch):
    fits = [
        figure1.Fit(np.array([1.0, 2.0]), 3.0, 0.1),
        figure1.Fit(np.array([0.0, 0.0]), 1.0, 0.2),
    ]
    figure = plots.fits(np.zeros((10, 2)), [("both", fits), ("one", fits[:1]), ("two", fits[1:])])
    data, both, one, _ = figure.axes
    assert [ax.get_title() for ax in figure.axes] == ["data", "both", "one", "two"]
    circles = [(*patch.center, patch.radius) for patch in both.patches]
    assert circles == [(1, 2, 3), (1, 2, 6), (1, 2, 9), (0, 0, 1)]
    assert len(data.patches) == 0
    assert len(one.patches) == 3


def test_the_curve_shows_all_minima_and_no_coordinate_in_which_they_agree():
    low, high = (figure1.Fit(np.array([x, 2 + 1e-8 * x]), 1.0 + x, 0.3 * x) for x in (0.0, 1.0))
    figure = plots.curve([0.2, 0.8], [[low], [low, high]], [low], [low, high])
    titles = [ax.get_title() for ax in figure.axes]
    assert len(titles) == 3
    assert titles[1] == "mean of Q, first coordinate"
    others, best, limits = (line.get_xydata() for line in figure.axes[1].lines)
    right = 1.15 * np.log(4)
    np.testing.assert_allclose(others, [[np.log(4), 1], [right, 1]])
    np.testing.assert_allclose(best, [[-np.log(4), 0], [np.log(4), 0]], atol=1e-15)
    np.testing.assert_allclose(limits, [[-right, 0], [right, 0]], atol=1e-15)
    moved = figure1.Fit(np.array([0.0, 3.0]), 1.0, 0.3)
    assert len(plots.curve([0.2, 0.8], [[low], [high]], [low], [moved]).axes) == 4
