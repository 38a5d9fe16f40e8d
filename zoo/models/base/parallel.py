"""Autoregressive models that compute their predictions at all times at once."""

import tensorflow as tf

from zoo.models.base.autoregressive import Autoregressive
from zoo.models.layers.sizes import size


class Parallel(Autoregressive):
    """A model that computes the predictions at all times at once, given what is read.

    A subclass defines `run` without `replace`, and `step` for sampling.
    """

    def call(self, inputs, key=None, replace=None, passes=None):
        """See `Autoregressive.call`.

        Args:
            inputs: see `run`.
            key: see `run`.
            replace: see `run`.
            passes: how often the model computes the predictions at all times, each time reading
                what `replace` makes of the last ones; only the last pass is differentiated. As
                many as there are times is exact: each pass settles what is read at one more
                time. None: exact, too, by reading time by time first.

        Source: D. Duckworth et al. (2019), arXiv 1906.04331; two passes: T. Mihaylova and
        A. Martins (2019), arXiv 1906.07651.
        """
        if replace is not None and passes is None:
            inputs = self._read_in_turn(inputs, key, replace)
        elif replace is not None:
            real = inputs
            for _ in range(passes - 1):
                logits = tf.stop_gradient(self.whole(inputs, key))
                before = tf.pad(logits[:, :-1], [[0, 0], [1, 0], [0, 0]])
                inputs = replace(slice(None), real, before)
        return self.whole(inputs, key)

    def whole(self, inputs, key=None):
        """The logits of `run` from the initial state, for models that need no state for them."""
        return self.run(inputs, self.initial_state(size(inputs, 0)), key)[0]

    def _read_in_turn(self, inputs, key, replace):
        """What is read at each time, int32 [batch, time], by `step` after `step`."""
        batch_size, length = size(inputs, 0), size(inputs, 1)
        masks = self.dropout_masks(length, batch_size, key)
        step = self.stepper()

        def body(t, logits, state, every):
            token = replace(t, inputs[:, t], logits)
            logits, state = step(token, state, [mask[t] for mask in masks])
            return t + 1, logits, state, every.write(t, token)

        none = tf.zeros([batch_size, self.sequence.vocabulary.size])
        every = tf.TensorArray(tf.int32, length)
        start = tf.constant(0), none, self.initial_state(batch_size), every
        *_, every = tf.while_loop(lambda t, *_: t < length, body, start, maximum_iterations=length)
        return tf.stop_gradient(tf.transpose(every.stack()))
