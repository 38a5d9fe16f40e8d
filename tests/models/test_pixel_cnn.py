"""The gated PixelCNN: it sees all that came before and nothing else, and samples step by step."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.batch import Batch
from zoo.domains import Image
from zoo.errors import SpecError
from zoo.models.layers.gated_convolution import GatedConvolution

BITS = Image((4, 3, 1), binary=True)
CLASSES = Image((4, 3, 1), binary=True, num_classes=2)
GREY = Image((3, 4, 1), num_classes=3)
KEY = tf.constant([1, 2], tf.int64)


def made(text, domain, scale=0.5):
    """A model far from its initialisation, biases included."""
    keras.utils.set_random_seed(1)
    model = spec.build("models", text, domain)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign_add(scale * tf.random.stateless_normal(variable.shape, [3, number]))
    return model


@pytest.fixture(scope="module", params=[BITS, CLASSES], ids=["bits", "classes"])
def model(request):
    return made("pixel_cnn(width=5, layers=2, kernel=3, first_kernel=3)", request.param)


def every_image(rows, columns):
    """All binary images, float32 [2^(rows columns), rows, columns, 1]."""
    pixels = list(itertools.product([0, 1], repeat=rows * columns))
    return np.array(pixels, np.float32).reshape(-1, rows, columns, 1)


def some(domain, count):
    """A batch of random images, with labels where the domain has classes."""
    levels = tf.random.stateless_uniform([count, *domain.shape], [5, 6], maxval=domain.levels,
                                         dtype=tf.int32)  # fmt: skip
    images = tf.cast(levels, tf.float32) / (domain.levels - 1)
    return Batch(images, tf.range(count) % domain.num_classes if domain.num_classes else None)


def test_probabilities_sum_to_one_over_all_images(model):
    images = every_image(4, 3)
    for label in range(model.num_starts):
        labels = np.full(len(images), label, np.int32)
        log_prob = model.log_prob(images, labels if model.domain.num_classes else None)
        np.testing.assert_allclose(np.exp(log_prob).sum(), 1, rtol=1e-5)


def test_classes_have_distributions_of_their_own():
    model = made("pixel_cnn(width=5, layers=1, first_kernel=3)", CLASSES)
    images = every_image(4, 3)
    first, second = (
        np.exp(model.log_prob(images, np.full(len(images), label))) for label in range(2)
    )
    assert np.abs(first - second).sum() / 2 > 0.1  # total variation
    with pytest.raises(SpecError, match="conditioned on 2 classes; it got no labels"):
        model.log_prob(images)


@pytest.mark.parametrize("kernel", [3, 5])
def test_each_prediction_depends_on_all_earlier_pixels_and_on_no_other(kernel):
    """No blind spot: flipping pixel s changes the logits of exactly the times after s."""
    domain = Image((5, 6, 1), binary=True)
    # Larger weights saturate the gates, through which nothing comes then in float32.
    model = made(f"pixel_cnn(width=8, layers=6, kernel={kernel}, first_kernel=3)", domain, 0.25)
    image = some(domain, 1).values.numpy()
    flipped = np.repeat(image, 30, axis=0).reshape(30, 30)
    flipped[np.diag_indices(30)] = 1 - flipped[np.diag_indices(30)]
    both = np.concatenate([image, flipped.reshape(30, 5, 6, 1)])
    logits = model.network(model.read(both)[0]).numpy()
    changed = np.abs(logits[1:] - logits[:1]).max(axis=-1)  # [pixel, time]
    after = np.triu(np.ones([30, 30], bool), k=1)
    np.testing.assert_array_equal(changed[~after], 0)
    assert changed[after].min() > 0


@pytest.mark.parametrize("domain", [BITS, CLASSES, GREY], ids=["bits", "classes", "grey"])
@pytest.mark.parametrize("kernels", ["kernel=3, first_kernel=7", "kernel=5, first_kernel=3"])
def test_one_pixel_at_a_time_equals_the_whole_image(domain, kernels):
    model = made(f"pixel_cnn(width=6, layers=3, {kernels})", domain)
    inputs, _, _ = model.read(*some(domain, 4))
    whole, state = model.network(inputs).numpy(), model.network.initial_state(4)
    assert whole.shape == (4, 12, domain.levels)
    assert np.abs(whole[:, 1:] - whole[:, :-1]).max() > 0.1
    for time in range(12):
        logits, state = model.network.step(inputs[:, time], state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_the_upper_part_of_an_image_is_read_like_the_whole(model):
    inputs, _, _ = model.read(*some(model.domain, 3))
    whole = model.network(inputs)
    for length in (1, 5):
        np.testing.assert_allclose(model.network(inputs[:, :length]), whole[:, :length], atol=1e-6)


def test_an_image_in_pieces_equals_the_whole(model):
    inputs, _, _ = model.read(*some(model.domain, 2))
    first, state = model.network.run(inputs[:, :3], model.network.initial_state(2))
    second, _ = model.network.run(inputs[:, 3:], state)
    whole = model.network(inputs)
    np.testing.assert_allclose(tf.concat([first, second], axis=1), whole, atol=1e-5)


def test_more_tokens_than_an_image_has_are_refused(model):
    inputs, _, _ = model.read(*some(model.domain, 2))
    with pytest.raises(SpecError, match="13 tokens are more than the 12 of an image"):
        model.network(tf.concat([inputs, inputs[:, :1]], axis=1))


def test_a_layer_is_the_masked_convolution_of_the_paper():
    """Equation 4 by whole n×n and 1×n kernels that are zero where the mask is."""
    layer = GatedConvolution(4, kernel=5, num_classes=3, name="layer")
    layer.build((None, None, None, 4))
    for number, variable in enumerate(layer.variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [7, number]))
    above, features = tf.unstack(tf.random.stateless_normal([2, 2, 6, 7, 4], [8, 9]))
    labels = tf.constant([2, 0])

    def masked(values, name, after):
        return tf.nn.conv2d(values, tf.pad(layer.kernels[name], after), 1, "SAME")

    conditions = tf.gather(layer.of_class.value, labels)[:, :, None, None]
    gates = masked(above, "vertical", [[0, 2], [0, 0], [0, 0], [0, 0]])
    gates += layer.biases["vertical"] + conditions[:, 0]
    both = masked(features, "horizontal", [[0, 0], [0, 2], [0, 0], [0, 0]])
    both += layer.biases["horizontal"] + conditions[:, 1]
    both += tf.tensordot(gates, layer.kernels["across"][0, 0], axes=1)
    inner = tf.tanh(both[..., :4]) * tf.sigmoid(both[..., 4:])
    expected = features + tf.tensordot(inner, layer.kernels["output"][0, 0], axes=1)
    expected += layer.biases["output"]

    found = layer.vertical(tf.pad(above, [[0, 0], [2, 0], [0, 0], [0, 0]]), labels)
    np.testing.assert_allclose(found, gates, atol=1e-4)  # sums of 60 products of normal numbers
    window = tf.pad(features, [[0, 0], [0, 0], [2, 0], [0, 0]])
    found = layer.horizontal(features, window, layer.across(found), labels)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_samples_follow_the_model():
    """Each image's share among 20,000 samples, within 5 standard errors of its probability."""
    domain, count = Image((3, 2, 1), binary=True), 20_000
    model = made("pixel_cnn(width=4, layers=1, first_kernel=3)", domain)
    drawn = model.generate(tf.range(count, dtype=tf.int64), spec.build("samplers", "ancestral"))
    shares = np.bincount(drawn.tokens.numpy() @ 2 ** np.arange(6)[::-1], minlength=64) / count
    expected = np.exp(model.log_prob(every_image(3, 2)).numpy())
    assert np.max(np.abs(shares - expected) / np.sqrt(expected * (1 - expected) / count)) < 5


def test_log_prob_of_samples_is_the_models_own(model):
    labels = tf.range(40) % model.num_starts
    sampler = spec.build("samplers", "temperature(temperature=0.7)")
    drawn = model.generate(tf.range(40, dtype=tf.int64), sampler, labels=labels)
    images = model.to_examples(drawn.tokens)
    log_prob = model.log_prob(images, labels if model.domain.num_classes else None)
    np.testing.assert_allclose(drawn.log_prob, log_prob, atol=1e-5)


def test_completed_images_keep_their_known_rows(model):
    images, rows = every_image(4, 3)[::401], 4
    known = tf.range(len(images)) % (rows + 1)
    seeds = tf.range(len(images), dtype=tf.int64)
    done = model.complete(images, known, seeds, lambda logits: logits).numpy()
    assert set(np.unique(done)) == {0, 1}
    for image, before, count in zip(done, images, known.numpy(), strict=True):
        np.testing.assert_array_equal(image[:count], before[:count])
    assert np.any(done != images)


@pytest.mark.parametrize("passes", [2, 12, None])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_scheduled_sampling_is_its_definition_draw_for_draw(by_definition, dropout, passes):
    """As many passes as pixels and None are exact."""
    model = made(f"pixel_cnn(width=6, layers=2, first_kernel=3, dropout={dropout})", CLASSES)
    batch = some(CLASSES, 16)
    changed = by_definition.compare(model, batch, KEY, keep_probability=0.3, passes=passes)
    assert 0.2 < changed[:, 1:].mean() < 0.6
    assert not changed[:, 0].any()


def test_two_passes_differ_from_as_many_as_pixels():
    model = made("pixel_cnn(width=6, layers=2, first_kernel=3)", CLASSES)
    batch = some(CLASSES, 16)
    two, exact = (
        spec.build(
            "objectives", f"scheduled_sampling(keep_probability=0.0, passes={passes})"
        ).predict(model, batch, 0, KEY)[0]
        for passes in (2, None)
    )
    assert np.abs(two - exact).max() > 0.1


def test_training_reaches_the_entropy_of_the_data():
    """Rows of one colour in one class, columns in the other: log 8 nats each."""
    patterns = np.array(list(itertools.product([0, 1], repeat=3)), np.float32)
    rows = np.tile(patterns[:, :, None, None], [1, 1, 3, 1])
    images = np.concatenate([rows, rows.transpose(0, 2, 1, 3)])
    labels = np.repeat([0, 1], 8).astype(np.int32)
    keras.utils.set_random_seed(0)
    domain = Image((3, 3, 1), binary=True, num_classes=2)
    model = spec.build("models", "pixel_cnn(width=12, layers=2, first_kernel=3)", domain)
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            nll = -tf.reduce_mean(model.log_prob(images, labels))
        gradients = tape.gradient(nll, model.trainable_variables)
        optimizer.apply([tf.convert_to_tensor(g) for g in gradients], model.trainable_variables)
        return nll

    for _ in range(300):
        nll = step()
    assert np.log(8) <= nll < np.log(8) + 0.01


def test_dropout_is_drawn_by_the_key_and_off_without():
    model = made("pixel_cnn(width=16, layers=2, dropout=0.5)", BITS)
    inputs, _, _ = model.read(*some(BITS, 3))
    np.testing.assert_array_equal(model.network(inputs, key=KEY), model.network(inputs, key=KEY))
    assert np.abs(model.network(inputs, key=KEY) - model.network(inputs, key=KEY + 1)).max() > 1e-3
    np.testing.assert_array_equal(model.network(inputs), model.network(inputs))


def test_each_layer_has_a_dropout_mask_of_its_own():
    first, second = made("pixel_cnn(width=16, layers=2, dropout=0.5)", BITS).network.dropout_masks(
        4, 3, KEY
    )
    assert np.any(first != second)


def test_in_mixed_precision_calls_are_in_bfloat16_and_samples_in_float32():
    """While such a model trains, samples are drawn from it too."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        keras.utils.set_random_seed(0)
        model = spec.build("models", "pixel_cnn(width=8, layers=2, dropout=0.1)", CLASSES)
    finally:
        keras.config.set_dtype_policy("float32")
    inputs, _, _ = model.read(*some(CLASSES, 20))
    exact, _ = model.network.run(inputs, model.network.initial_state(20))
    logits = model.network(inputs)
    assert logits.dtype == tf.float32
    assert 0 < np.abs(logits - exact).max() < 0.05  # bfloat16 has 8 bits
    read = model.network(inputs, key=KEY, replace=lambda t, real, logits: real)
    np.testing.assert_array_equal(read, model.network(inputs, key=KEY))
    drawn = model.generate(tf.range(4, dtype=tf.int64), lambda logits: logits)
    labels = tf.range(4) % 2
    log_prob = model.log_prob(model.to_examples(drawn.tokens), labels)
    np.testing.assert_allclose(drawn.log_prob, log_prob, atol=0.1)


@pytest.mark.parametrize(
    "wrong",
    ["width=0", "layers=0", "kernel=4", "kernel=1", "first_kernel=2", "dropout=1.0"],
)
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(SpecError, match="should be"):
        spec.build("models", f"pixel_cnn({wrong})", BITS)


def test_colour_is_refused_with_the_models_that_read_it():
    with pytest.raises(SpecError, match=r"grey images.*colour images of 4×4×3.*dcgan, mlp_gan"):
        spec.build("models", "pixel_cnn", Image((4, 4, 3), binary=True))
