"""What is trained are runs that could be trained, and what is drawn is what was measured."""

import dataclasses

import pytest

from zoo import experiment
from zoo.theory import plots, quality_diversity


@pytest.mark.parametrize("name", quality_diversity.KINDS)
def test_every_kind_is_an_experiment(name):
    kind = quality_diversity.KINDS[name]
    made = experiment.Experiment(
        data=quality_diversity.DATA, model=kind.model, objective=kind.objective
    )
    assert quality_diversity.GENERATOR in made.model


def test_a_run_begins_where_likelihood_ended(tmp_path, monkeypatch):
    """One step at a tiny rate moves the weights hardly at all."""
    monkeypatch.setattr(quality_diversity, "DATA", "oracle(vocabulary_size=8, length=4, count=50)")
    kinds = quality_diversity.KINDS
    first = quality_diversity.trained(kinds[quality_diversity.LIKELIHOOD], 0, tmp_path / "0", "", 3)
    kind = dataclasses.replace(kinds["REINFORCE from likelihood"], learning_rate=1e-9)
    second = quality_diversity.trained(kind, 1, tmp_path / "1", tmp_path / "0", 1)
    texts = first.dataset.test.values[:20]
    assert second.generator.log_prob(texts).numpy() == pytest.approx(
        first.generator.log_prob(texts).numpy(), rel=1e-4
    )
    assert set(quality_diversity.measured(second)) == set(quality_diversity.MEASURED)


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
    assert names == ["maximum likelihood", "REINFORCE"]
