"""docs/gallery.md shows every model of the index, as its folder has it."""

import json

import pytest
from PIL import Image

from experiments import gallery
from zoo.pretrained import card, index
from zoo.runs import evaluation, publishing


def test_the_page_is_that_of_the_models():
    """`python -m experiments.gallery` writes it."""
    assert gallery.PATH.read_text(encoding="utf-8") == gallery.document()


@pytest.mark.parametrize("name", index.names())
def test_it_shows_what_a_model_draws_and_reaches(name):
    text = gallery.section(name)
    folder = index.MODELS / name
    record = json.loads((folder / "experiment.json").read_text(encoding="utf-8"))
    assert f"`{record['experiment']['objective']}`" in text
    assert f"python sample.py --pretrained={name} " in text
    if record["example"]["kind"] == "text":
        first = (folder / "sample.txt").read_text(encoding="utf-8").splitlines()[0]
        assert f"```\n{first.rstrip()}\n" in text
    else:
        assert f"{name}/sample.png)" in text
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    key, measured = gallery.principal(metrics)
    assert key in ("nll", "lenet_fd")
    assert f"{measured['value']:.3f} ± {measured['standard_error']:.3f}" in text
    assert measured["split"] == "test"
    assert f"[{name}](#{name})" in gallery.overview()


def test_the_figure_is_a_likelihood_where_there_is_one():
    measured = {"parzen": {"value": 1}, "lenet_fd": {"value": 2}}
    assert gallery.principal(measured) == ("lenet_fd", {"value": 2})
    assert gallery.principal({"nll": {"value": 3}} | measured)[0] == "nll"
    assert gallery.principal({"mmd": {"value": 4}})[0] == "mmd"


def test_models_on_the_same_data_are_rows_beside_each_other():
    data = [row.split(" | ")[0] for row in gallery.overview().splitlines()[2:]]
    assert data == sorted(data)
    assert len(data) == len(index.names())


def test_a_model_that_is_added_gets_its_section_and_its_paths(tiny_run, tmp_path, monkeypatch):
    models, pictures = tmp_path / "models", tmp_path / "pictures"
    for holder, name, value in (
        (index, "MODELS", models),
        (gallery, "PICTURES", pictures),
        (gallery, "PATH", tmp_path / "gallery.md"),
    ):
        monkeypatch.setattr(holder, name, value)
    run = tiny_run(data="mnist_5k(labels=True)", model="dcgan(width=4)", objective="generalised_js")

    def evaluate(run, count):
        return evaluation.evaluate(run, count=count, metrics=("parzen",), splits=("test",))

    facts = card.Facts("digits", "A tiny DCGAN.", "mnist_5k", "python train.py", "one core", 1)
    publishing.publish(run, facts, models, evaluate, count=20)
    gallery.main()
    text = gallery.PATH.read_text(encoding="utf-8")
    for part in (
        "| mnist | `generalised_js` | [digits](#digits) | parzen ",
        "## digits\n\nA tiny DCGAN. parzen ",
        "![Samples of digits](../zoo/pretrained/models/digits/sample.png)",
        "![Paths between samples of digits](images/gallery/digits.png)",
        "python sample.py --pretrained=digits --count=100\n",
    ):
        assert part in text
    with Image.open(pictures / "digits.png") as picture:  # five paths of latents, five of classes
        assert picture.size == (2 * (12 * 30 + 2), 2 * (10 * 30 + 2))
