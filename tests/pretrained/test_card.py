"""The facts of a card are refused before anything is measured."""

import json

import pytest

from zoo.errors import SpecError
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
