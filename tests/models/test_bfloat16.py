"""Gradients in bfloat16 are those in float32, but for rounding: no sum stops on the way."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.divergences import kl
from zoo.models.layers import float32_sums
from zoo.objectives.base import regularisation
from zoo.runs import matching
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary
from zoo.trainers import autoregressive

LETTERS = domains.Text(Vocabulary([UNKNOWN, END, *"abcdef"], "character"), 50, True)
GREY = domains.Image((16, 16, 1))
CLASSES = domains.Image((16, 16, 1), num_classes=3)
BITS = domains.Image((16, 16, 1), binary=True)
BITS_OF_CLASSES = domains.Image((16, 16, 1), binary=True, num_classes=3)
POINTS = domains.Points(2)
PAIRS = domains.Text(Vocabulary(list("abcdefgh"), "character"), 2, False)
OF_IMAGE_GANS = 0.25  # rounding alone makes 0.11, as it flips rectifiers; sums that stop make 0.47
OF_OTHERS = 0.04  # rounding alone makes 0.03, sums that stop make 0.1 and more
COSINE = 0.97  # that of an error of 0.25 at right angles; rounding alone leaves 0.994
OF_NONE = 1e-3  # of the largest gradient: rounding alone makes 0.0002, sums that stop make 0.03
LIKELIHOOD, SAMPLING = "maximum_likelihood", "scheduled_sampling(keep_probability=0.5)"
ADVERSARIAL, IMPLICIT = "generalised_js(r1=0.1)", "moment_matching"
# Each with a batch that is large enough for a sum in bfloat16 to stop: a row of `independent` has
# one summand an example, a bias of a convolution one a pixel.
NETWORKS = [
    ("independent", LETTERS, LIKELIHOOD, 4096),
    ("table", PAIRS, LIKELIHOOD, 4096),
    ("lstm(units=16, layers=2)", LETTERS, LIKELIHOOD, 64),
    ("lstm(units=16, layers=1, tied=True)", LETTERS, SAMPLING, 64),
    ("lstm(units=16, layers=1, patch=[2, 4])", BITS, LIKELIHOOD, 64),
    ("gru(units=16, layers=2)", BITS_OF_CLASSES, LIKELIHOOD, 64),
    ("pixel_cnn(width=8, layers=2)", BITS_OF_CLASSES, LIKELIHOOD, 1024),
    ("transformer(units=16, layers=1, heads=2)", LETTERS, LIKELIHOOD, 64),
    ("transformer(units=16, layers=1, heads=2)", BITS, LIKELIHOOD, 64),
    ("dcgan(width=8)", GREY, ADVERSARIAL, 512),
    ("resnet_gan(width=8, spectral_normalisation=True)", CLASSES, "generalised_js", 64),
    ("mlp_gan(width=16, maxout_units=16, dropout=False)", GREY, ADVERSARIAL, 1024),
    ("gaussian", POINTS, ADVERSARIAL, 256),
    ("gaussian", POINTS, IMPLICIT, 64),
    ("text_gan(generator='lstm(units=16, layers=1)', width=16)", LETTERS, "generalised_js", 64),
    (
        "text_gan(generator='lstm(units=16, layers=1)', discriminator='recurrent', width=16)",
        LETTERS,
        "generalised_js",
        64,
    ),
    ("mediated(generator='lstm(units=16, layers=1)')", LETTERS, "mediated_js", 64),
]
IN_GRAPHS = [
    case for case in NETWORKS if case[0].startswith(("lstm(units=16, layers=2)", "pixel", "dcgan"))
]


class Recorder(keras.optimizers.SGD):
    """Keeps the gradients, and makes no step."""

    def __init__(self):
        super().__init__(0.0)
        self.seen = []

    def apply(self, gradients, variables):
        """Keeps the gradients, with the paths of their variables."""
        self.seen += zip([variable.path for variable in variables], gradients, strict=True)


def built(model, domain, precision):
    """The model of a spec, which computes in this precision."""
    keras.config.set_dtype_policy(precision)
    try:
        return spec.build("models", model, domain)
    finally:
        keras.config.set_dtype_policy("float32")


def gradients(model, domain, objective, batch_size, precision):
    """Pairs of a variable's path and its gradient, of all the trainer's updates at a step."""
    keras.utils.set_random_seed(0)
    network = built(model, domain, precision)
    module = matching.trainer_of(spec.module("objectives", spec.parse(objective)[0]))
    network = matching.kind_of(module).trained(network)
    trainer = module.build(
        network,
        spec.build("objectives", objective),
        batch_size=batch_size,
        seed=0,
        average_decay=0.0,
    )
    if model.startswith("mlp_gan"):  # whose first weights are so small that nothing is seen
        for variable in network.networks()["generator"].variables:
            variable.assign(10 * variable)
        for variable in network.networks()["discriminator"].variables:
            variable.assign(20 * variable)
    recorder = Recorder()
    trainer.compile(**dict.fromkeys(trainer.updates, recorder), jit_compile=False)
    batch = examples(domain, trainer.num_real)

    @tf.function
    def seen():
        trainer.train_step(batch)
        return [gradient for _, gradient in recorder.seen]

    values = [np.asarray(gradient) for gradient in seen()]
    return [(path, value) for (path, _), value in zip(recorder.seen, values, strict=True)]


def examples(domain, count):
    """A batch whose pixels are mostly off, whose tokens are mostly one."""
    generator = np.random.default_rng(0)
    if domain.kind == "text":
        likely = [0, 0.01, 0.8] + [0.19 / 5] * 5
        tokens = generator.choice(8, [count, domain.length], p=likely)
        return Batch(tf.constant(tokens, tf.int32))
    if domain.kind == "points":
        return Batch(tf.constant(generator.normal(1, 1, [count, 2]), tf.float32))
    images = generator.uniform(size=[count, *domain.shape]) ** 4
    images = tf.constant(np.round(images) if domain.binary else images, tf.float32)
    if domain.num_classes == 0:
        return Batch(images)
    return Batch(images, tf.constant(generator.integers(0, 3, count), tf.int32))


@pytest.fixture
def eager():
    """In a graph oneDNN sums the gradients of most convolutions' biases itself, in float32."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("model", "domain", "objective", "batch_size"), NETWORKS)
def test_each_variable_s_gradient_is_that_in_float32(model, domain, objective, batch_size):
    assert_alike(model, domain, objective, batch_size)


@pytest.mark.parametrize(("model", "domain", "objective", "batch_size"), IN_GRAPHS)
def test_it_is_in_a_graph_too(model, domain, objective, batch_size):
    assert_alike(model, domain, objective, batch_size)


def assert_alike(model, domain, objective, batch_size):
    """The gradients in bfloat16 are those in float32, but for rounding."""
    found, expected = (
        gradients(model, domain, objective, batch_size, precision)
        for precision in ("mixed_bfloat16", "float32")
    )
    largest = max(np.linalg.norm(exact) for _, exact in expected)
    rounding = OF_IMAGE_GANS if domain.kind == "image" and "gan" in model else OF_OTHERS
    for (path, gradient), (_, exact) in zip(found, expected, strict=True):
        norm = np.linalg.norm(exact)
        if norm < 1e-6 * largest:  # a bias in front of batch normalisation has the gradient 0
            assert np.linalg.norm(gradient) < OF_NONE * largest, path
            continue
        assert np.linalg.norm(gradient - exact) < rounding * norm, path
        assert np.sum(gradient * exact) > COSINE * norm * np.linalg.norm(gradient), path


def penalty_gradients(precision):
    """The gradients of a slope penalty, which reach biases by the curvature of SiLU units."""
    keras.utils.set_random_seed(1)
    discriminator = built("gaussian", POINTS, precision).discriminator
    variables = [variable.value for variable in discriminator.trainable_variables[:-1]]
    with tf.GradientTape() as tape:
        penalty = regularisation.GradientPenalty(1)
        loss = penalty(discriminator.prefix_logits, examples(POINTS, 4096))
    return [*tape.gradient(loss, variables), loss]


def test_the_slope_penalty_s_gradient_is_that_in_float32():
    found, expected = penalty_gradients("mixed_bfloat16"), penalty_gradients("float32")
    for gradient, exact in zip(found, expected, strict=True):
        assert np.linalg.norm(gradient - exact) < OF_OTHERS * np.linalg.norm(exact)


def test_attention_to_thousands_of_places_is_that_in_float32():
    scores = tf.cast(tf.random.stateless_normal([8, 4096], [0, 1]), tf.bfloat16)
    found = tf.cast(tf.nn.softmax(scores), tf.float32)
    expected = tf.nn.softmax(tf.cast(scores, tf.float32))
    np.testing.assert_allclose(found, expected, rtol=2**-7)  # twice the rounding of one number


@pytest.mark.parametrize("compiled", [False, True])
def test_sums_of_ones_do_not_stop(compiled):
    values, bias = tf.ones([6400, 8], tf.bfloat16), tf.zeros([8], tf.bfloat16)
    table, indices = tf.zeros([3, 8], tf.bfloat16), tf.constant([1] * 6400)

    @tf.function(jit_compile=compiled)
    def sums():
        with tf.GradientTape() as tape:
            tape.watch([values, bias, table])
            outputs = float32_sums.bias_add(values, bias) + float32_sums.lookup(table, indices)
        return tape.gradient(outputs, [bias, table])

    d_bias, d_table = sums()
    np.testing.assert_array_equal(tf.cast(d_bias, tf.float32), np.full([8], 6400))
    np.testing.assert_array_equal(tf.cast(d_table, tf.float32)[:, 0], [0, 6400, 0])


COUNT = 6400
ONES = tf.ones([COUNT, 8], tf.bfloat16)
IMAGES = tf.ones([64, 10, 10, 8], tf.bfloat16)
SUMMED = {  # functions of weights [1, 8], of which each is used COUNT times
    "sum": lambda weights: 0 * ONES + weights,
    "sum over images": lambda weights: 0 * IMAGES + weights[0],
    "product": lambda weights: tf.matmul(ONES[:, :1], weights),
    "rows": lambda weights: tf.gather(weights, tf.zeros([COUNT], tf.int32)),
    "normalised": lambda weights: tf.compat.v1.nn.fused_batch_norm(
        IMAGES, tf.ones([8]), tf.cast(weights[0], tf.float32)
    )[0],
}


@pytest.mark.parametrize("compiled", [None, False, True])
@pytest.mark.parametrize("summed", SUMMED)
def test_what_tensorflow_sums_in_float32_itself(summed, compiled):
    """What networks use as it is; rows are right where nothing stands between cast and look-up."""
    weights = tf.Variable(tf.ones([1, 8]))

    def gradient():
        with tf.GradientTape() as tape:
            outputs = SUMMED[summed](tf.cast(weights, tf.bfloat16))
        return tape.gradient(outputs, weights)

    found = gradient() if compiled is None else tf.function(gradient, jit_compile=compiled)()
    np.testing.assert_array_equal(tf.convert_to_tensor(found), np.full([1, 8], COUNT))


@pytest.mark.parametrize(
    ("kind", "arguments", "shape"),
    [
        ("Dense", {"units": 5, "activation": "relu"}, [3, 7, 4]),
        ("Conv1D", {"filters": 5, "kernel_size": 3, "padding": "causal"}, [3, 7, 4]),
        ("Conv2D", {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, [3, 8, 8, 4]),
        ("Conv2DTranspose", {"filters": 5, "kernel_size": 4, "strides": 2}, [3, 8, 8, 4]),
    ],
)
def test_the_layers_are_keras_s(kind, arguments, shape):
    layer = getattr(float32_sums, kind)(**arguments)
    reference = getattr(keras.layers, kind)(**arguments)
    inputs = tf.random.stateless_normal(shape, [0, 1])
    layer.build(shape)
    layer.bias.assign(tf.range(5, dtype=tf.float32))
    reference.build(shape)
    reference.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(inputs), reference(inputs), atol=1e-5)


def test_a_bias_alone_comes_to_the_data_s_distribution():
    """From a large rate downwards: at the end what is left is the sum's own error."""
    probabilities = np.float32([0.5, 0.25, 0.125, 0.0625, 0.0625])
    targets = tf.repeat(tf.range(5), tf.cast(probabilities * 6400, tf.int32))
    bias = tf.Variable(tf.zeros([5]))
    nothing = tf.zeros([6400, 5], tf.bfloat16)

    @tf.function
    def step(rate):
        with tf.GradientTape() as tape:
            logits = float32_sums.bias_add(nothing, tf.cast(bias, tf.bfloat16))
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, tf.cast(logits, "float"))
            loss = tf.reduce_mean(nats)
        bias.assign_sub(rate * tape.gradient(loss, bias))

    for number in range(300):
        step(tf.constant(2.0 * (1 - number / 300)))
    found = tf.nn.log_softmax(bias).numpy()
    assert np.sum(probabilities * (np.log(probabilities) - found)) < 1e-3


def test_a_row_of_logits_comes_to_the_data_s_distribution():
    """Images of one patch, so that the model can be any distribution over all 256 of them."""
    domain, count, steps = domains.Image((2, 4, 1), binary=True), 4096, 200
    generator = np.random.default_rng(0)
    often = generator.uniform(0.02, 0.5, domain.shape)
    images = tf.constant(generator.uniform(size=[count, *domain.shape]) < often, tf.float32)
    model = built("independent", domain, "mixed_bfloat16")
    objective = spec.build("objectives", LIKELIHOOD)
    trainer = autoregressive.build(model, objective, batch_size=count, seed=0, average_decay=0.0)
    rates = keras.optimizers.schedules.CosineDecay(0.3, steps)
    trainer.compile(keras.optimizers.Adam(rates), jit_compile=False)
    step = tf.function(lambda: trainer.train_step((images,)))
    for _ in range(steps):
        step()
    shares = np.bincount(model.to_tokens(images)[:, 0], minlength=256) / count
    log_q = tf.nn.log_softmax(tf.cast(model.network.logits.value[0], tf.float64))
    assert kl(tf.math.log(shares), log_q) < 0.006  # 0.001; with a sum in bfloat16 0.06
