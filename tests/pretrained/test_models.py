"""Each model that comes with the package is whole, small, and as likely as its card says.

Of large models a part of the data is scored; `evaluate.py --pretrained=NAME` measures the whole.
"""

import dataclasses
import json
import os
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import DataError
from zoo.pretrained import card, index
from zoo.runs import evaluation

MOST_BYTES = 40e6
ROOT = pathlib.Path(__file__).parent.parent.parent


def test_all_together_are_small():
    sizes = [path.stat().st_size for path in index.MODELS.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= MOST_BYTES


def test_the_index_lists_the_folders():
    assert index.names() == sorted(path.name for path in index.MODELS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", index.names())
def test_its_command_trains_the_same_experiment(name):
    folder = index.locate(name)
    text = (folder / "README.md").read_text(encoding="utf-8")
    flagfile = re.search(r"^python train\.py --flagfile=(\S+)$", text, re.MULTILINE)[1]
    given = dict(re.findall(r"^--(\w+)=(.+)$", (ROOT / flagfile).read_text(), re.MULTILINE))
    recorded = json.loads((folder / "experiment.json").read_text(encoding="utf-8"))["experiment"]
    for flag in given.keys() - {"workdir"}:
        assert given[flag] == str(recorded[flag]) or float(given[flag]) == recorded[flag], flag


def _recorded(name):
    return json.loads((index.locate(name) / "metrics.json").read_text(encoding="utf-8"))["metrics"]


@pytest.mark.parametrize("name", index.names())
def test_its_calibration_temperature_is_that_of_its_card(name):
    recorded = _recorded(name).get("inverse_temperature", {"value": None})["value"]
    temperature = zoo.load_pretrained(name).published_temperature
    assert recorded == (None if temperature is None else 1 / temperature)


LIKELIHOODS_OF_IMAGES = [
    name for name in index.names() if _recorded(name).get("nll", {}).get("unit") == "nats per image"
]


@pytest.mark.parametrize("name", LIKELIHOODS_OF_IMAGES)
def test_images_are_as_likely_as_its_card_says(name):
    run = zoo.load_pretrained(name)
    try:
        test = run.dataset.split("test")
    except DataError as error:
        pytest.skip(str(error))
    nats = -run.generator.log_prob(test.at(tf.range(500))).numpy()
    error = np.std(nats) / np.sqrt(len(nats))
    assert abs(np.mean(nats) - _recorded(name)["nll"]["value"]) < 3 * error


LARGE_OF_TEXT = [name for name in index.names() if name.startswith("tiny_shakespeare")]


@pytest.mark.parametrize("name", LARGE_OF_TEXT)
def test_a_corpus_is_as_likely_as_its_card_says(name, tmp_path):
    """Every fifth of its pieces, whose mean has an error √5 times that of all."""
    run = dataclasses.replace(zoo.load_pretrained(name), results=tmp_path)
    try:
        test = run.dataset.test
    except DataError as error:
        pytest.skip(str(error))
    pieces = test.values[: len(test) // test.PIECE * test.PIECE].reshape(-1, test.PIECE)
    few = type(test)(pieces[::5].ravel(), test.length)
    vars(run)["dataset"] = dataclasses.replace(run.dataset, test=few)
    found = evaluation.evaluate(run, metrics=("nll",), splits=("test",))["nll"]
    recorded = _recorded(name)["nll"]
    assert found.count == len(few) < recorded["count"] / 4
    error = recorded["standard_error"] * np.sqrt(len(test) / len(few))
    assert abs(found.value - recorded["value"]) < 3 * error


@pytest.mark.parametrize(
    "name", [n for n in index.names() if n not in LIKELIHOODS_OF_IMAGES + LARGE_OF_TEXT]
)
def test_its_figures_are_those_of_its_card(name, tmp_path, monkeypatch):
    captions = pathlib.Path(os.environ.get("ZOO_TEST_DATA", ""), "coco_captions")
    if captions.is_dir():
        monkeypatch.chdir(captions)  # some experiments read files of this folder by their names
    run = dataclasses.replace(zoo.load_pretrained(name), results=tmp_path)
    chosen = ("nll", "novelty") if run.domain.kind == "text" else ("divergence_bound",)
    try:
        measured = evaluation.evaluate(run, metrics=chosen, splits=("test",))
    except DataError as error:
        pytest.skip(str(error))
    found = {key: dataclasses.asdict(one) for key, one in measured.items()}
    assert found
    sentence = card.agreement(found, _recorded(name))
    assert sentence.endswith(("are those of its card.", "within two standard errors.")), sentence
