"""What the program measures of a network on known data, on data so small that it can be counted."""

import numpy as np
import pytest

from zoo import spec
from zoo.theory import neural


@pytest.fixture(scope="module")
def data():
    return spec.build("data", "oracle(vocabulary_size=20, length=6, count=40)", None)


def test_the_nats_of_all_positions_are_those_of_the_text(data):
    tokens = data.test.values[:10]
    nats = neural.nats_by_position(data.log_prob, tokens)
    assert nats.shape == (10, 6)
    np.testing.assert_allclose(nats.sum(axis=1), -data.log_prob(tokens), rtol=1e-5)
    # The nats of a position are of what P says given the symbols before it: they sum to one.
    every = np.repeat(tokens[:1, :3], 20, axis=0)
    every[:, 2] = range(20)
    shares = np.exp(-neural.nats_by_position(data.log_prob, every)[:, 2])
    assert shares.sum() == pytest.approx(1, rel=1e-5)


def test_the_disturbance_is_the_unlikeliest_symbol_and_the_only_change(data):
    tokens = data.test.values[:10]
    changed = neural.disturbed(data.log_prob, tokens, position=3)
    np.testing.assert_array_equal(changed[:, :3], tokens[:, :3])
    for row in changed:
        every = np.repeat(row[None], 20, axis=0)
        every[:, 3] = range(20)
        assert np.argmin(data.log_prob(every)) == row[3]


def test_what_is_trained_are_objectives_whose_schedules_end_where_their_names_say():
    objectives = neural.objectives(steps=400)
    for name, (text, steps) in objectives.items():
        objective = spec.build("objectives", text)
        if name != "maximum likelihood":
            kept = float(objective.logged(steps)["keep_probability"])
            end = {"annealed to 0": "0", "annealed, stopped at 1/2": "0.5"}.get(name, name)
            assert kept == pytest.approx(float(end.split()[-1]), abs=1e-6)


def test_a_run_is_measured(data, tmp_path):
    run = neural.trained("maximum_likelihood", 1, tmp_path / "run", 1)
    figures = neural.measured(run)
    (kl, error), length, texts = figures["kl_p_q"], neural.LENGTH, run.dataset.test.values
    log_ratios = run.dataset.log_prob(texts) - run.generator.log_prob(texts)
    assert kl == pytest.approx(float(np.mean(log_ratios)), abs=5 * error)
    samples, log_prob = run.draw(neural.COUNT // 5, seed=2), run.dataset.log_prob
    assert len(figures["nats"]) == length
    assert sum(figures["nats"]) == pytest.approx(-np.mean(log_prob(samples)), rel=1e-5)
    # The unlikely symbol itself is not among what follows it.
    assert len(figures["nats_after"]) == length - neural.DISTURBED - 1
    unlikely = neural.disturbed(log_prob, samples[:200], neural.DISTURBED)
    worst = neural.nats_by_position(log_prob, unlikely)[:, neural.DISTURBED]
    assert max(figures["nats_after"]) < np.mean(worst) - 1
