"""A card: its facts, which are refused before anything is measured, and what it compares."""

import json
import math
import shlex

import pytest

from zoo.errors import SpecError
from zoo.pretrained import card
from zoo.pretrained.card import Facts

COMPLETE = {
    "name": "tiny",
    "summary": "A tiny model.",
    "data_id": "surnames",
    "command": "python train.py --flagfile=tiny.flags",
    "hardware": "one core",
    "minutes": 1,
}


def test_facts_are_read(tmp_path):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(COMPLETE | {"failures": ["It has learnt nothing."]}))
    assert Facts.from_json(path) == Facts(**COMPLETE, failures=("It has learnt nothing.",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no JSON", "facts.json should be a JSON object with name, summary, data_id"),
        ("[1]", "and if need be failures, data_flag"),
        (json.dumps({"name": "tiny"}), "should be a JSON object"),
        (json.dumps(COMPLETE | {"licence": "none"}), "should be a JSON object"),
        (json.dumps(COMPLETE | {"name": "../tiny"}), "should be letters, digits and _"),
        (json.dumps(COMPLETE | {"data_id": "names"}), "'names' is unknown. Known: binarized_mnist"),
    ],
)
def test_other_facts_are_refused(tmp_path, content, message):
    path = tmp_path / "facts.json"
    path.write_text(content)
    with pytest.raises(SpecError, match=message.replace(".", r"\.")):
        Facts.from_json(path)


MEASURED = {
    "nll@validation": {"value": 1.0, "standard_error": 0.3, "count": 100},
    "nll": {"value": 2.0, "standard_error": 0.1, "count": 300},
    "fid": {"value": None, "standard_error": None, "count": 300},
}


def test_splits_together_are_weighted_by_their_counts():
    found = card.together(MEASURED, "nll", ["validation", "test"])
    assert found["value"] == pytest.approx((100 * 1.0 + 300 * 2.0) / 400)
    assert found["standard_error"] == pytest.approx(math.sqrt(30**2 + 30**2) / 400)
    assert card.figure(card.together(MEASURED, "nll", ["test"])) == "2.00 ± 0.10"


def test_splits_together_of_several_seeds_have_a_value_for_each():
    measured = {
        "nll@validation": {
            "value": 1.5,
            "standard_error": None,
            "count": 100,
            "values": [1.0, 2.0],
        },
        "nll": {"value": 4.0, "standard_error": None, "count": 300, "values": [3.0, 5.0]},
    }
    found = card.together(measured, "nll", ["validation", "test"])
    assert found["standard_error"] is None
    assert found["value"] == pytest.approx((100 * 1.5 + 300 * 4.0) / 400)
    assert found["values"] == pytest.approx([(100 + 900) / 400, (200 + 1500) / 400])


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (4.26891, 0.01423, "4.269 ± 0.014"),
        (71.4462, 1.0171, "71.4 ± 1.0"),
        (3.001e-05, 7.746e-05, "0.000030 ± 0.000077"),
        (1234.5, 123.4, "1234 ± 123"),
        (1.0, 0.0, "1.000 ± 0"),
        (0.00113106, 5.1e-18, "0.001 ± 0"),
        (0.5363, None, "0.536"),
        (None, None, "not finite"),
    ],
)
def test_a_figure_has_the_digits_that_its_error_leaves(value, error, printed):
    assert card.figure({"value": value, "standard_error": error}) == printed


@pytest.mark.parametrize(("metric", "splits"), [("nll", ["train"]), ("fid", ["test"])])
def test_what_was_not_measured_is_not_compared(metric, splits):
    assert card.together(MEASURED, metric, splits) is None


RECORD = {
    "experiment": {
        "data": "tiny_shakespeare",
        "model": "gru",
        "objective": "maximum_likelihood",
        "batch_size": 64,
        "seed": 0,
        "precision": "float32",
    },
    "example": {"kind": "text"},
    "versions": {"python": "3.11"},
}


@pytest.mark.parametrize(
    ("data_id", "rows"),
    [
        (
            "tiny_shakespeare",
            ["| **this one** | 1.75 ± 0.11 |", "10.7 million weights | 1.4697 |"],
        ),
        ("binarized_mnist", ["| **this one** | 2.00 ± 0.10 |", "7 layers | 79.20 | A. van den"]),
        ("surnames", None),
        ("mnist", None),
    ],
)
def test_a_card_has_published_results_of_the_same_metric_and_splits(data_id, rows):
    facts = Facts(**COMPLETE | {"data_id": data_id})
    measured = {
        name: one | {"unit": "nats", "ceiling": None, "split": name.partition("@")[2] or "test"}
        for name, one in MEASURED.items()
    }
    metrics = {
        "metrics": measured,
        "experiment": {"step": 1},
        "versions": {"python": "3.11"},
        "evaluation": {"count": 10},
        "hardware": "one core",
    }
    text = card.card(facts, RECORD, metrics, "sample", 1000)
    assert ("### Beside published results" in text) == (rows is not None)
    for row in rows or ():
        assert row in text


def test_every_published_result_has_a_source_that_can_be_found():
    for data_id in ("binarized_mnist", "tiny_shakespeare", "mnist"):
        for one in card.published_for(data_id)["results"]:
            assert float(one["result"].split(" ± ")[0]) > 0
            assert "arXiv" in one["source"] or "github.com" in one["source"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"failures": "Bad."}, "failures should be a list of sentences"),
        ({"failures": None}, "failures should be a list of sentences"),
        ({"name": 5}, "name should be text; received 5"),
        ({"minutes": "2"}, "minutes should be a whole number; received '2'"),
        ({"data_id": "mine"}, "Describe other data by data_about and data_licence"),
    ],
)
def test_facts_of_another_type_are_refused(tmp_path, changes, message):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(COMPLETE | changes))
    with pytest.raises(SpecError, match=message):
        Facts.from_json(path)


def test_data_of_one_s_own_are_described(tmp_path):
    own = {"data_id": "letters", "data_about": "my letters", "data_licence": "private"}
    (tmp_path / "facts.json").write_text(json.dumps(COMPLETE | own))
    facts = Facts.from_json(tmp_path / "facts.json")
    assert facts.licence == {"id": "letters", "licence": "private", "about": "my letters"}
    assert Facts(**COMPLETE | {"data_id": "surnames"}).licence["id"] == "us-census-surnames"


def test_samples_with_backticks_stay_in_their_block():
    assert card.fenced("a") == "```\na\n```"
    assert card.fenced("a ```` b") == "`````\na ```` b\n`````"


def test_figures_that_are_not_finite_are_printed_and_compared():
    infinite = {"value": math.inf, "standard_error": math.nan}
    assert card.figure(infinite) == "not finite"
    assert card.figure({"value": 1.0, "standard_error": math.inf}) == "1.000"
    assert card.within_errors(infinite, {"value": None, "standard_error": None})
    assert not card.within_errors(infinite, {"value": 1.0, "standard_error": None})
    assert card.agreement({}, {}) == "none of the figures of its card was measured."


@pytest.mark.parametrize(
    "text", ["a", "a b", "f(path='my file.txt')", "f('$HOME', \"x\")", "it's `x`!"]
)
def test_a_quoted_text_is_one_word_of_a_shell(text):
    assert shlex.split(card.quoted(text)) == [text]
    assert card.quoted("f(x='y')") == "\"f(x='y')\""
