"""The gated recurrent unit (GRU).

Source: K. Cho et al. (2014), arXiv 1406.1078, in its first version, where the reset gate acts on
the recurrent product and not on the state that goes into it, so that there is one product a time
step. cuDNN's, PyTorch's and (with `reset_after=True`) Keras's are this variant too.
"""

from typing import Any

import tensorflow as tf

from zoo.models.layers.recurrent import RecurrentLayer, sigmoid_gradient, tanh_gradient


class GRULayer(RecurrentLayer):
    """One GRU layer; see `RecurrentLayer`.

        z, r = σ(x W_z + b_z + h U_z), σ(x W_r + b_r + h U_r)
        n = tanh(x W_n + b_n + r (h U_n));  h_t = z h + (1 - z) n,  h = h_{t-1}

    The blocks of the weights are in the order z, r, n; the state is the tuple (h,).
    """

    num_gates, num_states, num_saved, num_products = 3, 1, 4, 2

    def activate(self, projected: tf.Tensor, recurrent: tf.Tensor, state: Any):
        """See `RecurrentLayer.activate`; the gates and h U_n are saved."""
        (hidden,) = state
        z_input, r_input, n_input = tf.split(projected, 3, axis=-1)
        z_recurrent, r_recurrent, n_recurrent = tf.split(recurrent, 3, axis=-1)
        z, r = tf.sigmoid(z_input + z_recurrent), tf.sigmoid(r_input + r_recurrent)
        n = tf.tanh(n_input + r * n_recurrent)
        return (n + z * (hidden - n),), (z, r, n, n_recurrent)

    def gradient(
        self,
        saved: tuple[tf.Tensor, ...],
        before: tuple[tf.Tensor, ...],
        after: tuple[tf.Tensor, ...],
        d_after: tuple[tf.Tensor, ...],
    ):
        """See `RecurrentLayer.gradient`."""
        del after
        (z, r, n, n_recurrent), (hidden,), (d_hidden,) = saved, before, d_after
        d_z = sigmoid_gradient(z, d_hidden * (hidden - n))
        d_n = tanh_gradient(n, d_hidden * (1 - z))
        d_r = sigmoid_gradient(r, d_n * n_recurrent)
        products = [tf.concat([d_z, d_r, each], axis=-1) for each in (d_n, d_n * r)]
        return products, (d_hidden * z,)
