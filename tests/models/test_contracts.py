"""What a model can do follows from its type, and from what its `build` is annotated to return."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.models.base import sequence_model
from zoo.models.base.capabilities import Generator, Likelihood
from zoo.models.base.network import AutoregressiveNetwork, SequentialNetwork, run_by_steps
from zoo.models.base.pair import LatentPair, Mediated, TextPair
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs import matching
from zoo.tokenizers.vocabulary import Vocabulary

DOMAINS = {
    "text": domains.Text(Vocabulary(["a", "b"], "character"), 4, contiguous=False),
    "image": domains.Image((8, 8, 1), binary=True),
    "points": domains.Points(2),
}
BUILT = [
    (name, domain.kind)
    for name in spec.names("models")
    for domain in matching.domains_of(spec.module("models", name))
]


@pytest.mark.parametrize(("name", "kind"), BUILT)
def test_build_is_annotated_with_what_it_takes_and_returns(name, kind):
    signature = inspect.signature(spec.module("models", name).build, eval_str=True)
    assert isinstance(DOMAINS[kind], signature.parameters["domain"].annotation)
    returned = signature.return_annotation
    assert returned in (SequenceModel, LatentPair, TextPair, Mediated)
    model = spec.build("models", name, DOMAINS[kind])
    assert isinstance(model, returned)
    generator = model.networks()["generator"]
    assert isinstance(generator, Generator)
    spec.build("estimators", generator.default_estimator)
    tractable = returned is not LatentPair or name == "gaussian"
    assert isinstance(generator, Likelihood) == tractable


def test_a_network_without_its_methods_is_refused():
    class Unfinished(SequentialNetwork):
        def initial_state(self, batch_size):
            return tf.zeros([batch_size])

    with pytest.raises(TypeError, match="abstract method"):
        Unfinished(None, "unfinished")


class Repeating(SequentialNetwork):
    """Predicts the token that was read, with three quarters of the probability."""

    def __init__(self, tokens):
        super().__init__(tokens, "repeating")
        self.built = True

    def initial_state(self, batch_size):
        return tf.zeros([batch_size])

    def step(self, token, state, masks=()):
        size = self.tokens.vocabulary_size
        return tf.math.log(0.25 + 0.5 * tf.one_hot(token, size)), state

    def run(self, inputs, state, key=None, replace=None):
        return run_by_steps(self, inputs, state, key, replace)


def test_the_abstract_methods_of_a_network_are_all_that_a_sequence_model_needs():
    """The first token is a or b with equal probability, since the start token is neither."""
    model = sequence_model.build(DOMAINS["text"], Repeating)
    assert isinstance(model.network, AutoregressiveNetwork)
    assert isinstance(model, keras.Model)
    found = np.exp(model.log_prob(np.array([[0, 0, 0, 0], [1, 0, 0, 1]], np.int32)))
    np.testing.assert_allclose(found, [0.5 * 0.75**3, 0.5 * 0.25 * 0.75 * 0.25], rtol=1e-6)
    drawn = model.sample(tf.constant([1, 2], tf.int64), 5)
    assert isinstance(drawn, Batch)
    assert drawn.values.shape == (5, 4)
    assert drawn.labels is None
