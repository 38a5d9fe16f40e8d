"""The distillation trainer ends where theory says: at the teacher, or at a known fixed point."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.data.base.splits import batches
from zoo.trainers import distillation

JOINT = np.array([[0.5, 0.02], [0.18, 0.3]])
DATA = spec.build("data", f"pairs(joint={JOINT.tolist()})", None)


def table(joint):
    """A table with this distribution."""
    model = spec.build("models", "table", DATA.domain)
    rows = np.stack([joint.sum(1), *(joint / joint.sum(1, keepdims=True))])
    model.network.logits.assign(np.log(rows))
    np.testing.assert_allclose(probabilities(model), joint, atol=1e-6)
    return model


@pytest.fixture(scope="module")
def teacher():
    return table(JOINT)


def probabilities(model):
    texts = tf.constant([[a, b] for a in range(2) for b in range(2)])
    return np.exp(model.log_prob(texts).numpy()).reshape(2, 2)


def trained(teacher, model, steps=400, batch=256, **arguments):
    given = "".join(f", {key}={value!r}" for key, value in arguments.items())
    objective = spec.build("objectives", f"distillation(teacher='here'{given})")
    student = spec.build("models", model, DATA.domain)
    trainer = distillation.build(student, objective, batch_size=batch, seed=0, average_decay=0.99)
    trainer.learn_from(teacher)
    rate = keras.optimizers.schedules.CosineDecay(0.05, steps)
    trainer.compile(keras.optimizers.Adam(rate), jit_compile=False)
    trainer.fit(batches(DATA.train, batch, 0, 0, steps), shuffle=False, verbose=0)
    with trainer.averaged():
        return probabilities(student)


@pytest.mark.parametrize(
    ("pi", "own"), [(0.0, 0.0), (0.0, 1.0), (0.3, 0.5), (1.0, 0.0), (1.0, 1.0)]
)
def test_a_student_that_can_be_the_teacher_becomes_it(teacher, pi, own):
    """Whatever prefixes are read: in scheduled sampling, at ε = 0, it would not."""
    np.testing.assert_allclose(trained(teacher, "table", pi=pi, own=own), JOINT, atol=0.004)


def product(first, second):
    return np.outer([first, 1 - first], [second, 1 - second])


def test_a_poor_student_ends_at_its_fixed_point_and_with_future_at_the_optimum():
    """Of a student without context, by the reverse KL on its own prefixes.

    Without the gradient through prefixes S(x1) = T(x1), and S(x2) is the geometric mean of T(x2|x1)
    under S(x1), normalised. The least KL[S‖T] of whole texts is found on a grid.
    """
    joint = np.array([[0.72, 0.014], [0.005, 0.261]])
    first, given = joint.sum(1), joint / joint.sum(1, keepdims=True)
    second = np.exp(first @ np.log(given))
    fixed = np.outer(first, second / second.sum())
    found = trained(table(joint), "independent", pi=1.0, own=1.0)
    np.testing.assert_allclose(found, fixed, atol=0.01)

    def reverse_kl(q):
        return np.sum(q * np.log(q / joint))

    grid = np.linspace(0.002, 0.998, 333)
    optimum = min(reverse_kl(product(a, b)) for a in grid for b in grid)
    assert optimum < 0.4 * reverse_kl(fixed)
    best = trained(table(joint), "independent", pi=1.0, own=1.0, future=True)
    assert reverse_kl(best) < 1.05 * optimum


def test_on_data_by_the_forward_kl_it_is_likelihood(teacher):
    found = trained(teacher, "independent", pi=0.0)
    expected = np.outer(JOINT.sum(1), JOINT.sum(0))
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_the_teacher_is_neither_trained_nor_saved(teacher):
    student = spec.build("models", "independent", DATA.domain)
    objective = spec.build("objectives", "distillation(teacher='here')")
    trainer = distillation.build(student, objective, batch_size=4, seed=0, average_decay=0)
    trainer.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    before = len(trainer.variables)
    trainer.learn_from(teacher)
    assert len(trainer.variables) == before
    saved = [v for variables in trainer.components().values() for v in variables]
    assert not any(variable is teacher.network.logits for variable in saved)
