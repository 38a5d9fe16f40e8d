"""What each signature of a generator of points answers, in the process that has the model."""

import json

import numpy as np
import pytest
import tensorflow as tf

from export import checking, exporting
from zoo.errors import SpecError


@pytest.fixture(scope="module")
def run(tiny_run):
    """Its second and last update is at π = 0.3."""
    return tiny_run(
        data="gaussian_mixture(count=100)",
        model="gaussian(std=2.0)",
        objective="generalised_js(pi=[0.2, 0.4], pi_steps=2, weighting='loss_weights')",
    )


@pytest.fixture(scope="module")
def signatures(run):
    return exporting.servable(run, None, None).signatures


def ask(signatures, name, **inputs):
    """The answer of a signature, which has one output only, as an array."""
    signature = signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    (answer,) = signature.served(tensors).values()
    return answer.numpy()


def test_generate_draws_what_the_run_draws_and_decode_without_the_randomness(run, signatures):
    drawn = ask(signatures, "generate", seed=range(5))
    np.testing.assert_allclose(drawn, run.samples(5), atol=1e-6)
    latents = run.generator.latents_of(tf.range(5, dtype=tf.int64))
    np.testing.assert_allclose(ask(signatures, "decode", latent=latents), drawn, atol=1e-6)


def test_score_and_ratio_are_those_of_the_networks(run, signatures):
    points = run.dataset.test.values[:20]
    np.testing.assert_allclose(
        ask(signatures, "score", point=points), run.generator.log_prob(points), rtol=1e-5
    )
    np.testing.assert_allclose(
        ask(signatures, "log_density_ratio", point=points),
        run.model.discriminator(points).numpy() - np.log(0.3 / 0.7),
        rtol=1e-4,
        atol=1e-5,
    )


def test_no_answer_holds_nan_or_infinity(signatures):
    for name, signature in signatures.items():
        answer = ask(signatures, name, **signature.examples)
        json.dumps(answer.tolist(), allow_nan=False)


def test_a_server_s_way_to_load_answers_the_same(run, signatures, tmp_path):
    exporting.servable(run, None, None).save(tmp_path / "saved")
    call = checking.for_serving(str(tmp_path / "saved"))
    for name, signature in signatures.items():
        (answer,) = call(name, signature.examples).values()
        expected = ask(signatures, name, **signature.examples)
        np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)


def test_points_have_no_sampler_and_no_length(run):
    with pytest.raises(SpecError, match="draws points from noise: it has no sampler"):
        exporting.servable(run, "greedy", None)
    with pytest.raises(SpecError, match="draws points: it has no length"):
        exporting.servable(run, None, 3)
