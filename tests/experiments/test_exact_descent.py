"""Descent on exact divergences comes near the optimum of the class, and the table says so."""

import json

import pytest

from experiments import exact_descent


def test_likelihood_and_js_end_near_the_optimum_of_the_class(tmp_path, capsys):
    """On the oracle: KL[P‖Q] .671 at the best chain, JS .1252 and KL[Q‖P] .660 at that of JS."""
    exact_descent.main(["--sources", "oracle", "--steps=60", f"--output={tmp_path}"])
    record = json.loads((tmp_path / "exact_descent.json").read_text(encoding="utf-8"))
    assert record["optima"]["oracle"]["0.5"] == pytest.approx(0.1252, abs=1e-4)
    likelihood, half = (record["ends"]["oracle"][pi] for pi in ("0", "0.5"))
    assert 0.67 < likelihood["kl_p_q"] < 0.75
    assert 0.1252 <= half["js_0.5"] < 0.130
    assert half["kl_q_p"] < 0.72 < likelihood["kl_q_p"]
    assert "| oracle | 0.5 | " in capsys.readouterr().out
