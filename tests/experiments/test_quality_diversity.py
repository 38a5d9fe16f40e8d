"""What is trained are runs that could be trained, and what is drawn is what was measured."""

import dataclasses
import json
import pathlib

import pytest

from experiments import plots, quality_diversity, text_kinds
from experiments.quality_diversity import KINDS

DOCS = pathlib.Path(__file__).parents[2] / "docs"
RESULTS = DOCS / "figures" / "quality_diversity.json"


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_an_experiment(name, tiny_experiment):
    kind = KINDS[name]
    made = tiny_experiment(data=quality_diversity.DATA, model=kind.model, objective=kind.objective)
    network = "TRANSFORMER" if name.startswith("Transformer") else "GENERATOR"
    assert getattr(quality_diversity, network) in made.model
    assert kind.init_from is None or KINDS[kind.init_from].model in made.model


def test_a_run_begins_where_likelihood_ended(tmp_path):
    """One step at a tiny rate moves the weights hardly at all."""
    data = "oracle(vocabulary_size=8, length=4, count=50)"
    name = "REINFORCE from likelihood"
    kinds = text_kinds.kinds(quality_diversity.GENERATOR, quality_diversity.TRANSFORMER, steps=3)
    slow = dataclasses.replace(kinds[name], learning_rate=1e-9, steps=1)
    second = text_kinds.trained(name, kinds | {name: slow}, data, 1, tmp_path)
    first = text_kinds.trained(text_kinds.LIKELIHOOD, kinds, data, 1, tmp_path)
    texts = first.dataset.test.values[:20]
    assert second.generator.log_prob(texts).numpy() == pytest.approx(
        first.generator.log_prob(texts).numpy(), rel=1e-4
    )
    assert quality_diversity.measured(second).keys() == quality_diversity.MEASURED.keys()
    of_likelihood = quality_diversity.MEASURED.keys() - {"divergence_bound"}
    assert quality_diversity.measured(first).keys() == of_likelihood


def test_the_document_has_the_table_of_the_results():
    runs = json.loads(RESULTS.read_text(encoding="utf-8"))["runs"]
    assert quality_diversity.table(runs) in (DOCS / "objectives.md").read_text(encoding="utf-8")


def test_the_plot_has_a_point_of_each_run_and_the_curve_of_temperatures():
    figures = {"kl_p_q": [1.0, 0.1], "kl_q_p": [2.0, 0.1]}
    runs = {
        "maximum likelihood, seed 0": figures | {"at_temperatures": {"0.7": figures}},
        "REINFORCE, seed 0": figures,
        "REINFORCE, seed 1": figures,
    }
    (ax,) = plots.quality_diversity(runs, "maximum likelihood").axes
    assert len(ax.containers) == 3
    names = ax.get_legend_handles_labels()[1]
    curve = "maximum likelihood at temperatures 0.7 to 1"
    assert set(names) == {"maximum likelihood", curve, "REINFORCE"}


def test_published_runs_have_the_settings_of_their_kinds():
    """The program refuses others instead of passing over them."""
    record = json.loads(RESULTS.read_text(encoding="utf-8"))
    for key, run in record["runs"].items():
        assert run["kind"] == dataclasses.asdict(KINDS[key.rpartition(", seed ")[0]])
