"""The served signature of refined samples answers as the run does, each row by its seed alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from export import exporting
from zoo.errors import SpecError

TEXTS = {"model": "text_gan(generator='lstm(units=4, layers=1)', width=4)", "data": "surnames"}
POINTS = {"data": "gaussian_mixture(count=50)", "model": "gaussian(discriminator_units=4)"}
CLASSES = {"data": "mnist_5k(labels=True)", "model": "mlp_gan(width=4, maxout_units=4)"}
FIRST = 1 << 32  # the seed of the first sample of a run's seed 1
REFINE = "refine(candidates=3)"


@pytest.fixture(scope="module", params=[TEXTS, POINTS, CLASSES], ids=["text", "point", "image"])
def run(request, tiny_run):
    trained = tiny_run(**request.param, objective="generalised_js", steps=1)
    return dataclasses.replace(trained, published_temperature=1.7)


def inputs(run, rows, prompt=""):
    seeds = tf.constant([FIRST + row for row in rows], tf.int64)
    if run.domain.kind == "text":
        return {"prompt": tf.fill([len(rows)], prompt), "seed": seeds}
    return {"seed": seeds} | ({"label": seeds % 10} if run.domain.num_classes else {})


def served(run, refine):
    return exporting.servable(run, None, None, refine=refine).signatures["generate_refined"].served


@pytest.mark.parametrize(
    ("refine", "prompt"), [(REFINE, ""), (REFINE, "Ma"), ("refine(acceptance=0.4)", "")]
)
def test_it_draws_what_the_run_draws(run, refine, prompt):
    if prompt and run.domain.kind != "text":
        pytest.skip("only texts begin with a prompt")
    answer = served(run, refine)(inputs(run, range(5), prompt))
    options = {"prompt": prompt} if prompt else {}
    expected = dataclasses.replace(run, sampler=refine).refined(5, seed=1, **options)
    found = answer[{"text": "text", "points": "point", "image": "image"}[run.domain.kind]].numpy()
    if run.domain.kind == "text":
        assert [text.decode() for text in found] == expected.samples
    else:
        np.testing.assert_allclose(found, expected.samples, atol=1e-6)
    np.testing.assert_array_equal(answer["num_candidates"], expected.candidates)


def test_a_bound_that_was_fitted_without_a_prompt_is_not_used_with_one(run):
    if run.domain.kind != "text":
        pytest.skip("only texts begin with a prompt")
    answer = served(run, "refine(acceptance=0.3)")(inputs(run, range(2), "Ma"))
    assert b"leave the prompt empty" in answer["error"].numpy()[0]
    assert answer["text"].numpy()[0] == b""


def test_a_row_answers_alike_alone_and_among_others(run):
    function = served(run, "refine(acceptance=0.3)")
    together, alone = (function(inputs(run, rows)) for rows in (range(6), [4]))
    for name, rows in together.items():
        if rows.dtype == tf.string:
            assert rows[4] == alone[name][0]
        else:
            np.testing.assert_allclose(rows[4], alone[name][0], atol=1e-6)


def test_it_is_served_only_where_it_is_asked_for(run, tmp_path):
    assert "generate_refined" not in exporting.servable(run, None, None).signatures
    with pytest.raises(SpecError, match=r"refine=greedy should be refine\(candidates"):
        exporting.servable(run, None, None, refine="greedy")
    exporting.servable(run, None, None, refine=REFINE).save(tmp_path / "saved")
    loaded = tf.saved_model.load(str(tmp_path / "saved")).signatures["generate_refined"]
    again, before = loaded(**inputs(run, range(2))), served(run, REFINE)(inputs(run, range(2)))
    np.testing.assert_array_equal(again["num_candidates"], before["num_candidates"])


def test_a_run_without_a_discriminator_is_refused(tiny_run):
    with pytest.raises(SpecError, match="The run has no discriminator"):
        exporting.servable(tiny_run(steps=1), None, None, refine=REFINE)
