"""The parts of the study, a run of two steps, and the figure."""

import copy
import json

import numpy as np
import pytest

from experiments import misspecified, misspecified_tables, plots
from zoo import Experiment, spec, train
from zoo.runs.run_folder import write_json


def test_parts_name_every_comparison_of_each_source():
    parts = misspecified.parts()
    assert len(parts) == 6 * len(misspecified.SOURCES) + 2
    assert len(parts["seeds-oracle"]) == len(parts["cooperative-markov_0"]) == 9
    assert len(parts["capacity-oracle"]) == 5 * len(misspecified.CAPACITIES)
    assert len(parts["capacity-markov_0"]) == len(parts["capacity-oracle"]) - 10
    assert len(parts["ratio-oracle"]) == 6
    assert len(parts["further-markov_1"]) == 4
    assert len(parts["ways-markov_1"]) == 3 + 3 * len(misspecified.PIS)
    for runs in parts.values():
        for _, _, name, kinds, _ in runs:
            kind = kinds[name]
            spec.build("objectives", kind.objective)
            assert kind.init_from is None or kind.init_from in kinds


def test_published_runs_are_passed_over():
    """A run that was made by other settings than its part has now would be refused."""
    path = misspecified_tables.RESULTS
    record = json.loads(path.read_text(encoding="utf-8"))
    before = copy.deepcopy(record)
    runs = [run for part in misspecified.parts().values() for run in part]
    known = [
        run for run in runs if "{}, {}, {}, seed {}".format(*run[:3], run[4]) in record["runs"]
    ]
    assert len({run[:3] + run[4:] for run in known}) == len(record["runs"])
    misspecified.complete(record, path, known, path.parent / "nowhere")
    assert record == before


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
    run = {"source": "oracle", "capacity": "units=32, context=1", "name": "REINFORCE, π = 0.5",
           **places[1]}  # fmt: skip
    figure = plots.misspecified({"exact": {"oracle": known}, "runs": {"one": run}})
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == ["likelihood", "π = 0.5", "KL[Q‖P]"]
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert drawn["REINFORCE"] == [[1.3, 1.7]]
    assert drawn["likelihood at temperatures"] == [[1.0, 2.0], [1.3, 1.7]]
    plots.save(figure, tmp_path / "figure.png")


def test_the_least_over_temperatures_is_that_of_the_sampler_at_one_of_them(tmp_path):
    data = "markov(order=1, vocabulary_size=5, length=5, count=64)"
    experiment = Experiment(data, misspecified.GENERATOR, "maximum_likelihood", steps=1)
    run = train(experiment, str(tmp_path / "run"))
    log_p = misspecified.log_probabilities("markov_0")
    at_one = misspecified.of_run(run, log_p)
    for name, (at, value) in misspecified.least_over_temperatures(run, log_p).items():
        assert value <= at_one[name]
        sampler = spec.build("samplers", f"temperature(temperature={at})")
        log_q = run.generator.log_prob(misspecified.all_texts(5, 5), sampler=sampler)
        measured = misspecified.divergences_of(log_p, log_q.numpy())
        np.testing.assert_allclose(measured[name], value, rtol=1e-5)


def _record():
    """Two seeds of one source: a least JS of 0.10, 0.20 by likelihood, 0.16 at its best."""
    names = ("kl_p_q", "kl_q_p", *(f"js_{pi}" for pi in misspecified.PIS))
    known = {
        "likelihood": dict.fromkeys(names, 0.2),
        "temperatures": {"1.0": dict.fromkeys(names, 0.2), "0.6": dict.fromkeys(names, 0.16)},
        "optima": {str(pi): dict.fromkeys(names, 0.1) for pi in (*misspecified.PIS, 1)},
        "optima_by_order": {
            order: {str(pi): dict.fromkeys(names, 0.05) for pi in (0.5, 0.9)}
            for order in ("2", "3")
        },
        "mixce": {"0.5": dict.fromkeys(names, 0.15)},
        "tailr": {"0.01": dict.fromkeys(names, 0.3)},
    }
    common = {"source": "oracle", "capacity": "units=32, context=1"}
    runs = {
        "a": {**common, "name": "REINFORCE, π = 0.5", "seed": 1, **dict.fromkeys(names, 0.17)},
        "b": {**common, "name": "REINFORCE, π = 0.5", "seed": 0, **dict.fromkeys(names, 0.11)},
        "e": {**common, "name": f"{misspecified.COOPERATIVE}, π = 0.5", "seed": 0,
              **dict.fromkeys(names, 0.105)},
        "f": {**common, "name": f"{misspecified.COOPERATIVE}, π = 0.5", "seed": 1,
              **dict.fromkeys(names, 0.105)},
        "c": {**common, "name": "maximum likelihood", "seed": 0, **dict.fromkeys(names, 0.21),
              "least_over_temperatures": {name: [0.6, 0.18] for name in names}},
    }  # fmt: skip
    return {"exact": {"oracle": known}, "runs": runs}


def _rows(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_the_table_over_seeds_compares_with_the_best_temperature_and_the_optimum():
    trained, reverse, together, _ = _rows(misspecified_tables.over_seeds(_record()))
    assert trained == ["oracle", "0.5", "REINFORCE", "JS at 0.5", "0.2000", "0.1600 at 0.6",
                       "0.1400 ± 0.0424", "0.1000", "+40.0%", "1 of 2"]  # fmt: skip
    assert reverse[3] == "KL[Q‖P]"
    assert together[2:] == ["mediator with future", "JS at 0.5", "0.2000", "0.1600 at 0.6",
                            "0.1050 ± 0.0000", "0.1000", "+5.0%", "2 of 2"]  # fmt: skip


def test_the_other_tables_take_the_first_seed():
    (weight,) = _rows(misspecified_tables.over_weights(_record()))
    assert weight == ["oracle", "0.5", "0.110 (0.100)", "0.110 (0.100)", "0.1100", "0.1000",
                      "0.1600"]  # fmt: skip
    cooled, likelihood, reinforce, together = _rows(misspecified_tables.ways(_record()))
    assert cooled[2:] == ["1.600"] * len(misspecified.PIS)
    assert likelihood[2:] == ["2.100"] * len(misspecified.PIS)
    assert reinforce[1:] == ["REINFORCE", "", "", "1.100", "", ""]
    assert together[1:] == ["mediator with future", "", "", "1.050", "", ""]


def test_capacities_are_compared_with_the_optimum_of_their_order(tmp_path):
    record = _record()
    for key, kind in (("g", "REINFORCE, π = 0.5"), ("h", "maximum likelihood")):
        least = record["runs"]["c"]["least_over_temperatures"]
        record["runs"][key] = record["runs"]["b"] | {
            "capacity": "units=32, context=2", "name": kind, "js_0.5": 0.09,
            "least_over_temperatures": least,
        }  # fmt: skip
    record["runs"]["i"] = record["runs"]["h"] | {
        "name": misspecified.FURTHER,
        "least_over_temperatures": {name: [0.6, 0.16] for name in least},
    }
    usual, larger = _rows(misspecified_tables.capacities(record))
    assert usual[1:] == ["units=32, context=1", "0.5", "0.1000", "0.1800", "", "0.1100", "",
                         "0.1050"]  # fmt: skip
    assert larger[1:] == ["units=32, context=2", "0.5", "0.0500", "0.1800", "0.1600", "0.0900", "",
                          ""]  # fmt: skip
    record["exact"]["oracle"]["optima_by_order"]["2"]["0.5"]["js_0.5"] = 1e-20
    figure = plots.capacities(misspecified.by_capacity(record))
    drawn = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(drawn["REINFORCE"], [0.11 / 0.18, 0.09 / 0.18])
    np.testing.assert_allclose(drawn["mediator with future"], [0.105 / 0.18])
    np.testing.assert_allclose(drawn[misspecified.FURTHER_COOLED], [0.16 / 0.18])
    # An optimum of 0 would take the whole of a logarithmic axis.
    np.testing.assert_allclose(drawn[misspecified.OPTIMUM], [0.10 / 0.18])
    plots.save(figure, tmp_path / "figure.png")


def test_the_document_has_the_tables_of_its_results():
    record = json.loads(misspecified_tables.RESULTS.read_text(encoding="utf-8"))
    text = misspecified_tables.DOCUMENT.read_text(encoding="utf-8")
    assert misspecified_tables.document(text, record) == text
