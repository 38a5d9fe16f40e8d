import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from zoo.divergences import generalised_js, kl, reverse_kl
from zoo.divergences.distillation import GeneralisedJensenShannon


@pytest.fixture
def logits():
    teacher, student = np.random.default_rng(0).normal(size=(2, 4, 3, 5), scale=2)
    return teacher.astype("float32"), student.astype("float32")


def log_softmax(x):
    return scipy.special.log_softmax(np.asarray(x, np.float64), axis=-1)


@pytest.mark.parametrize("scale", ["raw", "normalised", "bounded"])
def test_it_is_the_mean_divergence_of_teacher_from_student(logits, scale):
    teacher, student = logits
    loss = GeneralisedJensenShannon(0.1, scale=scale)(teacher, student)
    expected = generalised_js(log_softmax(teacher), log_softmax(student), 0.1, scale)
    np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-6)


@pytest.mark.parametrize(("pi", "limit"), [(1e-12, kl), (1 - 1e-12, reverse_kl)])
def test_pi_is_the_weight_of_the_teacher(logits, pi, limit):
    teacher, student = logits
    loss = GeneralisedJensenShannon(pi, scale="normalised")(teacher, student)
    expected = np.mean(limit(log_softmax(teacher), log_softmax(student)))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_weights_and_masks_choose_positions(logits):
    teacher, student = logits
    keep = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], "float32")
    divergence = generalised_js(log_softmax(teacher), log_softmax(student), 0.3).numpy()

    by_weight = GeneralisedJensenShannon(0.3, reduction="sum")(teacher, student, sample_weight=keep)
    np.testing.assert_allclose(by_weight, (divergence * keep).sum(), rtol=1e-6)

    absent = np.where(keep[..., None] > 0, student, np.float32(-99))
    masked = keras.layers.Masking(-99.0)(absent)
    by_mask = GeneralisedJensenShannon(0.3)(teacher, masked)
    np.testing.assert_allclose(by_mask, divergence[keep > 0].mean(), rtol=1e-6)


def test_excluded_outcomes_have_finite_gradients(logits):
    teacher, student = logits
    teacher[..., 0] = student[..., 1] = -np.inf
    teacher[..., 2] = student[..., 2] = -np.inf
    student = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(student)
        loss = GeneralisedJensenShannon(0.5)(teacher, student)
    gradient = tape.gradient(loss, student).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[..., 0]).min() > 0
    np.testing.assert_array_equal(gradient[..., 1:3], 0)


def test_its_config_rebuilds_it(logits):
    loss = GeneralisedJensenShannon(0.2, "bounded", reduction="sum", name="js", dtype="float64")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, GeneralisedJensenShannon)
    assert again.get_config() == loss.get_config()
    assert again(*logits) == loss(*logits)
    assert again(*logits).dtype == tf.float64


# Keras 3.15 saves variables by np.array(variable), which NumPy 2 wants with a copy keyword.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_compiled_student_reaches_its_teacher_and_saves(tmp_path):
    keras.utils.set_random_seed(0)
    x = np.eye(4, dtype="float32")
    teacher = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    student = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    loss = GeneralisedJensenShannon(0.9, scale="normalised")
    student.compile(keras.optimizers.Adam(0.1), loss=loss, jit_compile=False)
    data = tf.data.Dataset.from_tensors((x, teacher)).repeat(150)
    student.fit(data, shuffle=False, verbose=0)
    np.testing.assert_allclose(log_softmax(student(x)), log_softmax(teacher), atol=1e-3)

    student.save(tmp_path / "student.keras")
    restored = keras.models.load_model(tmp_path / "student.keras")
    assert restored.loss.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "words"), [({"pi": 0}, "limit at 0"), ({"pi": 0.5, "scale": "x"}, "scale")]
)
def test_bad_arguments_are_refused_when_it_is_made(arguments, words):
    with pytest.raises(ValueError, match=words):
        GeneralisedJensenShannon(**arguments)


@pytest.mark.parametrize("shape", [(4, 3, 1), (3, 5), (4, 1, 5)])
def test_logits_of_other_shapes_are_refused(logits, shape):
    teacher, loss = logits[0], GeneralisedJensenShannon(0.5)
    for pair in [(teacher, np.zeros(shape)), (np.zeros(shape), teacher)]:
        with pytest.raises(ValueError, match=r"teacher's logits .* and the student's .* one shape"):
            loss(*pair)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_in_keras_s_distiller_a_weight_restores_the_missing_square_of_the_temperature(temperature):
    """Keras multiplies by T² only for KLDivergence, which JS_π is in the limit π -> 0."""
    x = np.eye(5, dtype="float32")
    teacher, student = (keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)]) for _ in "ts")
    totals = []
    for loss, weight in [
        (GeneralisedJensenShannon(1e-9, scale="normalised"), temperature**2),
        (keras.losses.KLDivergence(), 1.0),
    ]:
        distiller = keras.distillation.Distiller(
            teacher,
            student,
            [keras.distillation.LogitsDistillation(temperature, loss=loss)],
            distillation_loss_weights=[weight],
            student_loss_weight=0.0,
        )
        distiller.compile("sgd", loss="mse")
        totals.append(float(distiller.compute_loss(x, y=None)))
    log_p, log_q = (log_softmax(np.asarray(m(x)) / temperature) for m in (teacher, student))
    expected = temperature**2 * np.mean(np.sum(np.exp(log_p) * (log_p - log_q), axis=-1))
    np.testing.assert_allclose(totals, expected, rtol=1e-4)
