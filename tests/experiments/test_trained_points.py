"""Training by scheduled sampling ends at the algorithm's optimum and not at that of D_SS."""

import json

import numpy as np
import pytest

from experiments import scheduled_sampling as figure
from experiments import trained_points
from zoo.theory import scheduled_sampling
from zoo.theory.scheduled_sampling import EXAMPLE, algorithm_optimum, idealised_optimum


def test_half_of_the_tokens_kept_gives_the_optimum_of_the_algorithm():
    """To 0.002 in each cell; the first token tells the two optima apart."""
    q = trained_points.trained(0.5, steps=300)
    np.testing.assert_allclose(q, algorithm_optimum(EXAMPLE, 0.5), atol=0.002)
    first, idealised = (
        scheduled_sampling.measures(table)["first_token_kl"]
        for table in (q, idealised_optimum(EXAMPLE, 0.5))
    )
    assert first < idealised / 10


def test_the_program_writes_points_that_the_figure_takes(tmp_path, monkeypatch, capsys):
    """Two points after two steps each: the model is nearly uniform still."""
    monkeypatch.setattr(trained_points, "KEPT", (1.0, 0.0))
    path = tmp_path / "new" / "points.json"
    trained_points.main(["--output", str(path), "--steps", "2"])
    points = json.loads(path.read_text())
    assert points["keep_probability"] == [1, 0]
    uniform = np.full([3, 3], 1 / 9)
    assert points["kl"] == pytest.approx([scheduled_sampling.kl(EXAMPLE, uniform)] * 2, abs=0.2)
    assert "1.00" in capsys.readouterr().out
    figure.main(["--output", str(tmp_path), "--points", str(path)])
    assert (tmp_path / "scheduled_sampling.png").is_file()
