"""The exact refined distributions of experiments/refinement.py, and its resumption."""

import json
import pathlib

import numpy as np
import pytest
import scipy.special

from experiments import misspecified, refinement
from zoo.runs.run_folder import write_json

DOCS = pathlib.Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def both():
    random = np.random.default_rng(0)
    return [scipy.special.log_softmax(random.normal(size=12)) for _ in range(2)]


def test_one_candidate_is_plain_and_many_are_the_data(both):
    log_p, log_q = both
    ratio = log_p - log_q
    np.testing.assert_allclose(refinement.resampled(log_q, ratio, 1), log_q, atol=1e-9)
    np.testing.assert_allclose(refinement.resampled(log_q, ratio, 400), log_p, atol=0.05)


def test_two_candidates_are_a_sum_over_pairs(both):
    log_p, log_q = both
    q, weights = np.exp(log_q), np.exp(log_p - log_q)
    share = weights[:, None] / (weights[:, None] + weights)
    expected = np.log(2 * q * (share @ q))
    found = refinement.resampled(log_q, log_p - log_q, 2)
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_acceptance_of_all_is_plain_and_of_few_is_the_data(both):
    log_p, log_q = both
    ratio = log_p - log_q
    np.testing.assert_allclose(refinement.accepted(log_q, ratio, 1.0), log_q, atol=1e-9)
    least = np.exp(-ratio.max())  # below it no ratio is cut at 1
    np.testing.assert_allclose(refinement.accepted(log_q, ratio, 0.9 * least), log_p, atol=1e-9)


def test_a_share_of_candidates_is_chosen():
    ratio = np.random.default_rng(1).normal(size=4000)
    rows = refinement.chosen(ratio, 0.25, seed=0)
    assert len(rows) == pytest.approx(1000, abs=100)
    assert ratio[rows].mean() > 0.5


def test_finished_runs_are_passed_over(tmp_path, monkeypatch):
    place = {"kl_p_q": 1.0, "kl_q_p": 2.0}
    better = {"kl_p_q": 0.6, "kl_q_p": 1.1}
    run = {"source": "oracle", "seed": 0, "plain": place, "refined": better,
           "candidates": {"1": place, "8": better}, "acceptance": {"1.0": place, "0.25": better},
           "predicted": {"refinement_gain": [0.41, 0.01]}}  # fmt: skip
    record = {"settings": {"data": misspecified.SOURCES, "steps": None},
              "runs": {"oracle, seed 0": run}, "optima": {"oracle": {"0.5": better}}}  # fmt: skip
    assert refinement.fall(run) == pytest.approx(0.4)
    assert "| 0.400 | 0.410 ± 0.010 |" in refinement.line("oracle, seed 0", run)
    path = tmp_path / "refinement.json"
    write_json(path, record)
    monkeypatch.setattr(refinement, "likelihood", None)
    given = ["--part=oracle", "--seeds=0", f"--output={tmp_path}", f"--workdir={tmp_path}"]
    refinement.main(given)
    assert json.loads(path.read_text(encoding="utf-8")) == record
    assert (tmp_path / "refinement.png").stat().st_size > 1000


def test_both_divergences_fall_as_predicted():
    """The gain of the published results is within two standard errors of the exact fall."""
    record = json.loads((DOCS / "figures" / "refinement.json").read_text(encoding="utf-8"))
    text = (DOCS / "refinement.md").read_text(encoding="utf-8")
    known = {name: run for name, run in record["runs"].items() if "source" in run}
    for name, run in known.items():
        assert refinement.line(name, run) in text
        gain, error = run["predicted"]["refinement_gain"]
        assert gain == pytest.approx(refinement.fall(run), abs=2 * error)
        for kl in ("kl_p_q", "kl_q_p"):
            assert run["acceptance"]["0.25"][kl] < run["plain"][kl]
    for name in refinement.NAMES:
        assert refinement.text_table(record["runs"][f"surnames, {name}"]).split("\n\n")[0] in text
    assert refinement.image_table(record["runs"]["mnist"]) in text
    one = known["oracle, seed 0"]["candidates"]["8"]
    assert f"| 8 | {one['kl_p_q']:.3f} | {one['kl_q_p']:.3f} |" in text
