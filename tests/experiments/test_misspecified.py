"""The parts of the study, a run of two steps, and the figure."""

import numpy as np
import pytest

from experiments import misspecified, plots
from zoo import spec
from zoo.runs.run_folder import write_json


def test_parts_name_every_comparison_of_each_source():
    parts = misspecified.parts()
    assert len(parts) == 4 * len(misspecified.SOURCES)
    assert len(parts["seeds-oracle"]) == 9
    assert len(parts["ways-markov_1"]) == 3 + 3 * len(misspecified.PIS)
    for runs in parts.values():
        for _, _, name, kinds, _ in runs:
            kind = kinds[name]
            spec.build("objectives", kind.objective)
            assert kind.init_from is None or kind.init_from in kinds


@pytest.mark.parametrize("source", misspecified.SOURCES)
def test_the_sources_are_distributions(source):
    np.testing.assert_allclose(np.exp(misspecified.log_probabilities(source)).sum(), 1)


def test_finished_runs_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.setitem(
        misspecified.SOURCES, "oracle", misspecified.SOURCES["oracle"].replace("200000", "1024")
    )
    path, record = tmp_path / "misspecified.json", {"runs": {}}
    runs = misspecified.parts(steps=1)["seeds-oracle"][:1]
    misspecified.complete(record, path, runs, tmp_path / "runs")
    (measured,) = record["runs"].values()
    assert 0 < measured["js_0.5"] < np.log(2)
    written = path.read_bytes()
    write_json(path, record)
    monkeypatch.setattr(misspecified.text_kinds, "trained", None)
    misspecified.complete(record, path, runs, tmp_path / "runs")
    assert path.read_bytes() == written


def test_the_figure_shows_trained_runs_beside_the_optima(tmp_path):
    places = [{"kl_p_q": 1.0 + x, "kl_q_p": 2.0 - x} for x in (0.0, 0.3, 0.5)]
    known = {"likelihood": places[0], "temperatures": {"1.0": places[0], "0.8": places[1]},
             "optima": {"0.5": places[1], "1": places[2]}}  # fmt: skip
    run = {"source": "oracle", "capacity": "units=32, context=1", **places[1]}
    figure = plots.misspecified({"exact": {"oracle": known}, "runs": {"one": run}})
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == ["likelihood", "π = 0.5", "KL[Q‖P]"]
    assert [1.3, 1.7] in [list(line.get_xydata()[0]) for line in ax.lines]
    plots.save(figure, tmp_path / "figure.png")
