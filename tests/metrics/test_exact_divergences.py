"""Divergences from known data: against arithmetic on tables, exact and by sampling."""

import dataclasses
import functools
import itertools
import json
import types

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.data.base.splits import Sequences
from zoo.errors import SpecError
from zoo.metrics import exact_divergences
from zoo.runs.evaluation import evaluate
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

JOINT = [[0.4, 0.1, 0.05], [0.2, 0.15, 0.1]]  # "2" is never first
POSITIVE = "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])"
TINY = "oracle(vocabulary_size=4, length=3, seed=1, count=3000)"
NAMES = {
    *("kl_p_q", "kl_q_p", "cross_entropy_q_p", "entropy_p", "entropy_q"),
    *("js_0.1", "js_0.5", "js_0.9"),
}


def known(data, sampler="ancestral()", folder=None, settings=None):
    """A run of a table with random logits, which was not trained."""
    dataset = spec.build("data", data, None)
    model = spec.build("models", "table", dataset.domain)
    model.network.logits.assign(tf.random.stateless_normal(model.network.logits.shape, [1, 2]))
    run = Run(folder, settings, dataset.domain, model, None, 0, sampler)
    vars(run)["dataset"] = dataset  # what is otherwise read by an experiment's spec
    return run


def measure(run, count=2000, seed=0):
    return exact_divergences.measure(run, split="test", count=count, seed=seed)


def tables(run, temperature=1.0):
    """P and Q of all texts, [texts] each, Q by softmaxes in NumPy."""
    size, length = run.domain.vocabulary.size, run.domain.length
    texts = np.array(list(itertools.product(range(size), repeat=length)), np.int32)
    logits = run.generator.network.logits.numpy().astype(np.float64) / temperature
    conditional = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    prefix, q = np.zeros(len(texts), int), np.ones(len(texts))
    for t in range(length):
        q *= conditional[prefix, texts[:, t]]
        prefix = prefix * size + texts[:, t] + 1
    return np.exp(run.dataset.log_prob(texts).numpy().astype(np.float64)), q


def figures(p, q):
    """What should be measured; infinite where q has what p has not."""
    with np.errstate(divide="ignore"):
        kl = lambda a, b: np.sum(a[a > 0] * np.log(a[a > 0] / b[a > 0]))  # noqa: E731
        expected = {"kl_p_q": kl(p, q), "kl_q_p": kl(q, p)}
    for pi in (0.1, 0.5, 0.9):
        m = pi * p + (1 - pi) * q
        expected[f"js_{pi}"] = pi * kl(p, m) + (1 - pi) * kl(q, m)
    expected["entropy_p"] = -np.sum(p[p > 0] * np.log(p[p > 0]))
    expected["entropy_q"] = -np.sum(q * np.log(q))
    expected["cross_entropy_q_p"] = expected["kl_q_p"] + expected["entropy_q"]
    return expected


@pytest.mark.parametrize("data", [POSITIVE, TINY])
def test_of_few_texts_all_are_taken(data):
    run = known(data)
    expected, measured = figures(*tables(run)), measure(run)
    assert measured.keys() == NAMES
    for name, measurement in measured.items():
        assert measurement.value == pytest.approx(expected[name], rel=1e-5), name
        assert measurement.standard_error == 0
        assert measurement.count == run.domain.vocabulary.size**run.domain.length
        assert measurement.unit == "nats per text"


@pytest.mark.parametrize("data", [POSITIVE, TINY])
def test_of_many_texts_samples_are_taken(data, monkeypatch):
    monkeypatch.setattr(exact_divergences, "MOST", 0)
    run = known(data)
    expected, measured = figures(*tables(run)), measure(run)
    assert measured.keys() == NAMES
    for name, (value, error) in estimates(measured).items():
        assert abs(value - expected[name]) < 4 * error, name
        assert 0 < error < 0.1
    assert measured["kl_q_p"].count == 2000
    assert measured["kl_p_q"].count == (3000 if data == TINY else 2000)
    assert measured["js_0.5"].count == 2000


def estimates(measured):
    return {name: (m.value, m.standard_error) for name, m in measured.items()}


def test_standard_errors_are_the_deviations_of_the_estimates(monkeypatch):
    """Of 100 seeds, with 200 draws of either: mean and deviation of errors in their own units."""
    monkeypatch.setattr(exact_divergences, "MOST", 0)
    one_graph = functools.cache(exact_divergences.scorer)  # instead of one for each seed
    monkeypatch.setattr(exact_divergences, "scorer", one_graph)
    run = known(POSITIVE)
    expected, errors = figures(*tables(run)), {name: [] for name in NAMES}
    for seed in range(100):
        for name, (value, error) in estimates(measure(run, count=200, seed=seed)).items():
            errors[name].append((value - expected[name]) / error)
    for name, each in errors.items():
        assert abs(np.mean(each)) < 4 / np.sqrt(100), name
        # A deviation of 100 values is known to 7 %: within 4 standard errors.
        assert np.std(each) == pytest.approx(1, rel=0.28), name


def test_a_model_that_is_the_data_diverges_by_nothing():
    run = known(POSITIVE)
    joint = np.array([[0.4, 0.1], [0.2, 0.3]])
    run.generator.network.logits.assign(np.log([joint.sum(axis=1), *joint]))
    measured = measure(run)
    for name in ("kl_p_q", "kl_q_p", "js_0.1", "js_0.5", "js_0.9"):
        assert measured[name].value == pytest.approx(0, abs=1e-12)
    for name in ("cross_entropy_q_p", "entropy_q"):
        assert measured[name].value == pytest.approx(measured["entropy_p"].value, rel=1e-6)


@pytest.mark.parametrize("most", [exact_divergences.MOST, 0])
def test_samples_are_scored_at_the_temperature_they_are_drawn_at(most, monkeypatch):
    """Half the temperature: its own divergences, and not those of the untempered model."""
    monkeypatch.setattr(exact_divergences, "MOST", most)
    run = known(TINY, sampler="temperature(temperature=0.5)")
    tempered, untempered = (figures(*tables(run, temperature)) for temperature in (0.5, 1.0))
    for name, (value, error) in estimates(measure(run)).items():
        tolerance = 1e-5 + 4 * error
        assert abs(value - tempered[name]) < tolerance, name
        if name in ("kl_p_q", "kl_q_p", "entropy_q"):
            assert abs(value - untempered[name]) > 2 * tolerance, name


@pytest.mark.parametrize("most", [exact_divergences.MOST, 0])
def test_what_is_infinite_is_left_out(most, monkeypatch):
    """The table draws a pair that never occurs; greedy decoding misses all pairs but one."""
    monkeypatch.setattr(exact_divergences, "MOST", most)
    run = known(f"pairs(joint={JOINT})")
    assert measure(run).keys() == NAMES - {"kl_q_p", "cross_entropy_q_p"}
    run = known(POSITIVE, sampler="greedy()")
    measured = measure(run)
    assert measured.keys() == NAMES - {"kl_p_q"}
    assert measured["entropy_q"].value == 0
    text = run.draw(1)
    assert measured["kl_q_p"].value == pytest.approx(-float(run.dataset.log_prob(text)[0]))


@pytest.mark.parametrize("most", [exact_divergences.MOST, 0])
@pytest.mark.parametrize("sampler", ["ancestral()", "top_k(k=2)"])
def test_q_is_what_is_drawn_without_the_unknown_token(sampler, most, monkeypatch):
    """P is uniform over the seven texts, and Q a table that has much probability of unknown."""
    monkeypatch.setattr(exact_divergences, "MOST", most)
    domain = domains.Text(Vocabulary([UNKNOWN, END, "a", "b"], "character"), 2, False)
    model = spec.build("models", "table", domain)
    model.network.logits.assign(np.log([[0.4, 0.1, 0.3, 0.2]] * 5))
    q = {(1, 1): 1 / 6, **{(x, y): a * b / 36 for x, a in AB for y, b in [(1, 1), *AB]}}
    if sampler == "top_k(k=2)":
        q = {(x, y): a * b / 25 for x, a in AB for y, b in AB}
    texts = np.array([(1, 1), *((x, y) for x in (2, 3) for y in (1, 2, 3))], np.int32)
    log_p = lambda rows: tf.where(  # noqa: E731
        tf.reduce_all(rows > 0, axis=-1), -np.log(7).astype(np.float32), -np.inf
    )
    run = Run(None, None, domain, model, None, 0, sampler)
    split = Sequences(texts)
    dataset = types.SimpleNamespace(log_prob=log_p, split=lambda name: split)
    vars(run)["dataset"] = dataset
    measured = measure(run, count=4000)
    expected = -sum(value * np.log(value) for value in q.values())
    error = measured["entropy_q"].standard_error
    assert measured["entropy_q"].value == pytest.approx(expected, abs=1e-5 + 4 * error)
    kl_q_p, error = np.log(7) - expected, measured["kl_q_p"].standard_error
    assert measured["kl_q_p"].value == pytest.approx(kl_q_p, abs=1e-5 + 4 * error)


AB = [(2, 3), (3, 2)]  # tokens a and b, and their weights beside the end's of 1


def test_one_sample_has_no_standard_error(monkeypatch):
    monkeypatch.setattr(exact_divergences, "MOST", 0)
    measured = measure(known(TINY), count=1)
    assert measured["kl_q_p"].standard_error is None
    assert measured["kl_p_q"].standard_error > 0


def test_a_record_has_no_infinite_figure(tiny_experiment, tmp_path):
    settings = tiny_experiment(data=POSITIVE, model="table")
    run = known(POSITIVE, "greedy()", RunFolder(tmp_path), settings)
    evaluate(run, splits=("test",), metrics=("exact_divergences", "nll"), count=5)
    written = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=pytest.fail)
    of_nll = {"nll", "perplexity", "never_drawn"}
    assert written["metrics"].keys() == (NAMES - {"kl_p_q"}) | of_nll
    assert written["metrics"]["never_drawn"]["value"] == 3  # of four pairs greedy draws one


def test_it_applies_where_both_distributions_are_known(untrained, letters, digit):
    assert exact_divergences.METRIC.applies(known(POSITIVE))
    assert not exact_divergences.METRIC.applies(untrained("table", letters, None))
    assert not exact_divergences.METRIC.applies(untrained("dcgan(width=2)", digit, None))
    known_images = types.SimpleNamespace(log_prob=lambda images: images)
    model_without = types.SimpleNamespace(generator=object(), dataset=known_images)
    assert not exact_divergences.METRIC.applies(model_without)


def test_of_points_they_are_those_of_two_gaussians(tmp_path):
    """KL between isotropic Gaussians in closed form, and entropies; within 5 standard errors."""
    path = tmp_path / "mixture.json"
    path.write_text(json.dumps({"weights": [1], "means": [[1.0, -1.0]], "variances": [2.0]}))
    dataset = spec.build("data", f"gaussian_mixture(path={str(path)!r}, count=5000)", None)
    model = spec.build("models", "gaussian(mean=[0.5, 0.0], std=1.2)", dataset.domain)
    run = Run(None, None, dataset.domain, model, None, 0)
    vars(run)["dataset"] = dataset
    measured = measure(run, count=5000)

    def kl(first_variance, second_variance, square=0.5**2 + 1.0**2):
        ratio = first_variance / second_variance
        return ratio - 1 - np.log(ratio) + square / (2 * second_variance)

    expected = {"kl_p_q": kl(2.0, 1.44), "kl_q_p": kl(1.44, 2.0)}
    expected |= {"entropy_p": np.log(2 * np.pi * np.e * 2.0)}
    expected |= {"entropy_q": np.log(2 * np.pi * np.e * 1.44)}
    expected["cross_entropy_q_p"] = expected["kl_q_p"] + expected["entropy_q"]
    assert measured.keys() == NAMES
    for name, value in expected.items():
        assert abs(measured[name].value - value) < 5 * measured[name].standard_error, name
        assert 0 < measured[name].standard_error < 0.05
        assert measured[name].unit == "nats per point"
    refined = dataclasses.replace(run, sampler="refine(candidates=2)")
    vars(refined)["dataset"] = dataset
    with pytest.raises(SpecError, match="the probability of its samples is not known"):
        measure(refined, count=10)
