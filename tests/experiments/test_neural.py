"""What the program measures of a network on known data."""

import json
import pathlib

import numpy as np
import pytest

from experiments import known_texts, neural
from zoo import spec

DOCS = pathlib.Path(__file__).parent.parent.parent / "docs"
ROWS = {
    "data": "the data themselves",
    "ε = 1": "maximum likelihood, ε = 1",
    "product of marginals": "product of the marginals",
}


@pytest.fixture(scope="module", autouse=True)
def smaller():
    """Fewer texts and units than in the document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural, "DATA", neural.DATA.replace("100000", "20000"))
        patch.setattr(neural, "MODEL", neural.MODEL.replace("128", "64"))
        patch.setattr(neural, "COUNT", 2000)
        yield


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One of likelihood and one of scheduled sampling at ε = 0, both short."""
    folder = tmp_path_factory.mktemp("runs")
    objectives = {"likelihood": neural.constant(1), "zero": neural.constant(0)}
    return {
        name: neural.trained(objective, 200, 200, folder / name)
        for name, objective in objectives.items()
    }


@pytest.fixture(scope="module")
def found(runs):
    return {name: neural.measured(run) for name, run in runs.items()}


def test_the_schedules_end_where_their_names_say():
    for kept in neural.KEPT[1:]:
        objective = spec.build("objectives", neural.constant(kept))
        assert float(objective.logged(400)["keep_probability"]) == pytest.approx(kept)
    annealed = spec.build("objectives", neural.annealed(400))
    ends = [float(annealed.logged(step)["keep_probability"]) for step in (0, 50, 100, 200, 400)]
    np.testing.assert_allclose(ends, [1, 0.75, 0.5, 0, 0], atol=1e-6)


def test_the_figures_of_a_run_are_those_of_its_definition(runs, found):
    run, figures = runs["likelihood"], found["likelihood"]
    (kl, error), texts = figures["kl_p_q"], run.dataset.test.values
    log_ratios = run.dataset.log_prob(texts) - run.generator.log_prob(texts)
    assert kl == pytest.approx(float(np.mean(log_ratios)), abs=5 * error)
    samples = run.draw(neural.COUNT // 5, seed=2)
    assert len(figures["nats"]) == neural.LENGTH
    assert sum(figures["nats"]) == pytest.approx(-np.mean(run.dataset.log_prob(samples)), rel=1e-5)


def test_nats_are_means_over_texts_and_those_after_the_disturbance_are_of_what_follows(runs):
    """By sums of whole texts: what is added to the prefixes is what was written after them."""
    log_prob = runs["likelihood"].dataset.log_prob
    samples = runs["likelihood"].dataset.test.values[:200]
    asked = []

    def complete(prompts):
        asked.append(prompts)
        return np.concatenate([prompts, samples[:, prompts.shape[1] :]], axis=-1)

    figures = neural.nats(log_prob, samples, complete)
    (prompts,) = asked
    unlikely = known_texts.disturbed(log_prob, samples, neural.DISTURBED, neural.VOCABULARY_SIZE)
    np.testing.assert_array_equal(prompts, unlikely)
    assert len(figures["nats_after"]) == neural.LENGTH - neural.DISTURBED - 1
    added = log_prob(complete(prompts)).numpy() - log_prob(prompts).numpy()
    assert sum(figures["nats_after"]) == pytest.approx(-np.mean(added), rel=1e-4)
    last = known_texts.nats_by_position(log_prob, samples)[:, -1]
    assert figures["nats_error"][-1] == pytest.approx(np.std(last) / np.sqrt(200), rel=1e-4)


def test_a_run_continues_what_it_was_given(runs, monkeypatch):
    completed = []

    def taken(log_prob, samples, complete):
        completed.extend([samples[:, :5], complete(samples[:, :5])])
        return {}

    monkeypatch.setattr(neural, "nats", taken)
    neural.measured(runs["likelihood"])
    prompts, texts = completed
    assert texts.shape == (len(prompts), neural.LENGTH)
    np.testing.assert_array_equal(texts[:, :5], prompts)


def test_without_real_tokens_a_network_loses_the_dependence(runs, found):
    """It is at the product of the marginals, where likelihood has left that far behind."""
    product = neural.of_marginals(runs["likelihood"].dataset)
    for key in ("kl_p_q", "kl_q_p"):
        assert found["likelihood"][key][0] < 0.8 * product[key][0]
        assert found["zero"][key][0] == pytest.approx(product[key][0], rel=0.03)
    assert found["zero"]["context_use"] < 0.02 < 0.5 < found["likelihood"]["context_use"]


def test_the_data_recover_and_what_reads_nothing_is_not_disturbed(runs):
    dataset = runs["likelihood"].dataset
    data, product = neural.of_data(dataset), neural.of_marginals(dataset)
    later = slice(neural.DISTURBED + 2, None)
    np.testing.assert_allclose(data["nats_after"][1:], data["nats"][later], atol=0.25)
    # Of P, whose tokens do depend on the disturbance, what the product writes is unlikely.
    assert min(product["nats_after"]) > max(data["nats_after"]) + 1


def test_the_program_writes_its_figure_and_goes_on_from_what_is_trained(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(neural, "COUNT", 500)
    monkeypatch.setattr(neural, "KEPT", (1.0, 0.0))
    monkeypatch.setattr(neural, "STOPPED", (0.5, 1.0))
    arguments = ["--workdir", str(tmp_path / "runs"), "--output", str(tmp_path), "--steps", "4"]
    neural.main(arguments)
    first = json.loads((tmp_path / "neural.json").read_text(encoding="utf-8"))
    assert set(first["found"]) == {
        *("ε = 1", "ε = 0", "likelihood, 2 steps", "annealed, 2 steps", "annealed, 4 steps"),
        *("data", "product of marginals"),
    }
    assert (tmp_path / "neural.png").stat().st_size > 10_000
    capsys.readouterr()
    neural.main(arguments)
    assert "s/step" not in capsys.readouterr().out
    assert json.loads((tmp_path / "neural.json").read_text(encoding="utf-8")) == first


def test_the_tables_of_the_document_are_those_of_the_measurement():
    found = json.loads((DOCS / "figures/neural.json").read_text(encoding="utf-8"))["found"]
    document = (DOCS / "theory.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in document.splitlines() if line[:2] == "| "]
    rows = {first: rest for first, *rest in lines}
    for name in ("data", *(f"ε = {kept:g}" for kept in neural.KEPT), "product of marginals"):
        *divergences, context, second, sixth, last, after, later = rows[ROWS.get(name, name)]
        figures = found[name]
        if name != "data":
            assert divergences == [said(*figures[key]) for key in ("kl_p_q", "kl_q_p")]
            assert context == f"{figures['context_use']:.3f}"
        nats = [
            *(figures["nats"][t] for t in (1, 5, 11)),
            *(figures["nats_after"][t] for t in (0, 6)),
        ]
        assert [second, sixth, last, after, later] == [f"{value:.2f}" for value in nats]
    for stop in (500, 1000, 2000, 4000):
        likelihood = found["ε = 1" if stop == 4000 else f"likelihood, {stop} steps"]
        both = (found[f"annealed, {stop} steps"], likelihood)
        figures = [said(*each[key]) for each in both for key in ("kl_p_q", "kl_q_p")]
        assert rows[f"{stop:,}"][1:] == figures


def said(value, error):
    """As in the tables."""
    digits = 3 if error < 0.0395 else 2
    return f"{value:.{digits}f} ± {error:.{digits}f}"
