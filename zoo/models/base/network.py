"""Autoregressive networks, which read tokens and predict the next."""

import abc
import dataclasses
import typing
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.models.layers.sizes import size


@dataclasses.dataclass(frozen=True)
class TokenSpace:
    """The tokens that an autoregressive network reads and predicts.

    Attributes:
        vocabulary_size: the number of tokens that are predicted; their ids are below it.
        num_starts: the number of start tokens, which are only read; their ids follow, one for each
            class where the data come with labels.
        length: the number of tokens in an example.
        grid: the rows and columns in which the tokens of an image lie; None: a text's.
    """

    vocabulary_size: int
    num_starts: int
    length: int
    grid: tuple[int, int] | None = None


class AutoregressiveNetwork(keras.Model, abc.ABC):
    """Reads tokens x_{<t} and predicts the logits of Q(x_t | x_{<t}).

    Calls run in the compute dtype of the Keras policy, all other methods in float32.

    Args:
        tokens: what the network reads and predicts.
        name: the network's name.

    Attributes:
        tokens: see above.
        jit_compile_sampling: whether XLA compiles the decode loop by default: true where one batch
            of samples already repays the compilation.
        token_axes: the axis of a variable that goes with the tokens, by the variable's name; empty
            for networks whose weights make no sense for another vocabulary.
    """

    jit_compile_sampling = False
    token_axes: typing.ClassVar[dict[str, int]] = {}

    def __init__(self, tokens: TokenSpace, name: str):
        super().__init__(name=name)
        self.tokens = tokens

    @abc.abstractmethod
    def initial_state(self, batch_size: int | tf.Tensor):
        """The state before the first token, a nest of tensors [batch_size, ...]."""

    @abc.abstractmethod
    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """Reads one token and predicts the next.

        Args:
            token: int32 [batch], start tokens included.
            state: returned by `initial_state` or an earlier step.
            masks: the `dropout_masks` of this time step; empty: no dropout.

        Returns:
            Logits float32 [batch, vocabulary size], and the state after the token.
        """

    @abc.abstractmethod
    def run(self, inputs: tf.Tensor, state: Any, key: tf.Tensor | None = None):
        """Reads tokens from a state on and predicts the next one after each.

        Args:
            inputs: int32 [batch, time], start tokens included.
            state: returned by `initial_state`, an earlier `run` or `step`.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.

        Returns:
            Logits float32 [batch, time, vocabulary size], and the state after the last token.
        """

    @abc.abstractmethod
    def call(
        self,
        inputs: tf.Tensor,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
        passes: int | None = None,
    ):
        """Predicts the next token after each token, from the initial state on.

        Args:
            inputs: int32 [batch, time], start tokens first.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            replace: chooses the tokens that are read: a function of the time t, int32 [],
                inputs[:, t], int32 [batch], and the logits that predicted them, float32
                [batch, vocabulary size] (undefined at time 0), to int32 [batch]; or of all times
                at once, with slice(None) as t. No gradient flows through it. None: `inputs` are
                read.
            passes: see `ParallelNetwork`; a `SequentialNetwork` ignores it.

        Returns:
            Logits float32 [batch, time, vocabulary size].
        """

    def stepper(self):
        """A function like `step` for loops, with everything that no time step changes computed."""
        return self.step

    def dropout_masks(
        self, length: int | tf.Tensor, batch_size: int | tf.Tensor, key: tf.Tensor | None
    ) -> list:
        """Draws stateless dropout masks.

        Args:
            length: the number of tokens to be read.
            batch_size: the number of sequences.
            key: a stateless random key, int64 [2]; None: no dropout.

        Returns:
            A list of tensors [length, batch, ...]; empty without dropout.
        """
        del length, batch_size, key
        return []


class SequentialNetwork(AutoregressiveNetwork):
    """A network that reads token by token, so that `replace` costs no further pass."""

    @abc.abstractmethod
    def run(
        self,
        inputs: tf.Tensor,
        state: Any,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
    ):
        """See `AutoregressiveNetwork.run`; `replace` as in `AutoregressiveNetwork.call`."""

    @typing.final
    def call(
        self,
        inputs: tf.Tensor,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
        passes: int | None = None,
    ):
        """See `AutoregressiveNetwork.call`."""
        del passes
        return self.run(inputs, self.initial_state(size(inputs, 0)), key, replace)[0]


class ParallelNetwork(AutoregressiveNetwork):
    """A network that predicts at all times at once, given all tokens that it reads."""

    @abc.abstractmethod
    def forward(self, inputs: tf.Tensor, key: tf.Tensor | None = None):
        """Predicts the next token after each token in one pass.

        Args:
            inputs: int32 [batch, time], start tokens first.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.

        Returns:
            Logits float32 [batch, time, vocabulary size].
        """

    @typing.final
    def call(
        self,
        inputs: tf.Tensor,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
        passes: int | None = None,
    ):
        """See `AutoregressiveNetwork.call`.

        Args:
            inputs: see there.
            key: see there.
            replace: see there.
            passes: the number of forward passes, each reading what `replace` makes of the last
                one's predictions; only the last pass is differentiated. As many passes as time
                steps are exact: each pass settles the token of one more time. None: exact, too,
                by choosing token by token before the one pass.

        Source: D. Duckworth et al. (2019), arXiv 1906.04331; two passes: T. Mihaylova and
        A. Martins (2019), arXiv 1906.07651.
        """
        if replace is not None and passes is None:
            inputs = self._replaced_in_turn(inputs, key, replace)
        elif replace is not None:
            real = inputs
            for _ in range(passes - 1):
                logits = tf.stop_gradient(self.forward(inputs, key))
                before = tf.pad(logits[:, :-1], [[0, 0], [1, 0], [0, 0]])
                inputs = replace(slice(None), real, before)
        return self.forward(inputs, key)

    def _replaced_in_turn(self, inputs, key, replace):
        """The tokens that are read, int32 [batch, time], chosen by `step` after `step`."""
        batch_size, length = size(inputs, 0), size(inputs, 1)
        masks = self.dropout_masks(length, batch_size, key)
        step = self.stepper()

        def body(t, logits, state, every):
            token = replace(t, inputs[:, t], logits)
            logits, state = step(token, state, [mask[t] for mask in masks])
            return t + 1, logits, state, every.write(t, token)

        none = tf.zeros([batch_size, self.tokens.vocabulary_size])
        every = tf.TensorArray(tf.int32, length)
        start = tf.constant(0), none, self.initial_state(batch_size), every
        *_, every = tf.while_loop(lambda t, *_: t < length, body, start, maximum_iterations=length)
        return tf.stop_gradient(tf.transpose(every.stack()))


def run_by_steps(
    network: AutoregressiveNetwork,
    inputs: tf.Tensor,
    state: Any,
    key: tf.Tensor | None = None,
    replace: Callable | None = None,
):
    """Computes `SequentialNetwork.run` by a loop over `step`, for networks without a faster way."""
    batch_size, length = size(inputs, 0), size(inputs, 1)
    masks = network.dropout_masks(length, batch_size, key)

    def body(t, logits, state, every):
        token = inputs[:, t]
        if replace is not None:
            token = replace(t, token, tf.stop_gradient(logits))
        logits, state = network.step(token, state, [mask[t] for mask in masks])
        return t + 1, logits, state, every.write(t, logits)

    none = tf.zeros([batch_size, network.tokens.vocabulary_size])
    start = tf.constant(0), none, state, tf.TensorArray(tf.float32, length)
    # XLA differentiates a loop whose number of iterations is told.
    _, _, state, every = tf.while_loop(
        lambda t, *_: t < length, body, start, maximum_iterations=length
    )
    return tf.transpose(every.stack(), [1, 0, 2]), state
