"""Layers of the gated PixelCNN: a vertical and a horizontal stack of convolutions.

No kernel is masked: each has weights only for what it may see, and its inputs are padded on the
sides from which nothing comes. In the first layer the vertical stack at a pixel reads the rows
above, the horizontal stack the pixels to the left. From there on the vertical stack reads its own
row of the layer below and the rows above that, and the horizontal stack its own row up to the pixel
itself, and the vertical stack at the pixel.

Source: A. van den Oord et al. (2016), arXiv 1606.05328, section 2 and equations 2 and 4.
"""

import keras
import tensorflow as tf

from zoo.models.layers import float32_sums


class FirstConvolution(keras.layers.Layer):
    """The first layer of both stacks, with biases of each position.

    The biases tell the network where in the image it is; they are not in the paper.

    Args:
        width: the number of features in each of the two stacks.
        kernel: the number of columns that the vertical stack reads, of half as many rows; the
            horizontal stack reads half as many columns; odd, the halves rounded up.
        name: the layer's name.
    """

    def __init__(self, width: int, kernel: int, name: str):
        super().__init__(name=name)
        self.width, self.kernel, self.reach = width, kernel, kernel // 2 + 1

    def build(self, input_shape: tuple):
        """Makes the weights for images [batch, rows, columns, channels]."""
        _, rows, columns, channels = input_shape

        def kernel(height, width, name):
            shape = (height, width, channels, self.width)
            return self.add_weight(shape, "glorot_uniform", name=name)

        def biases(name):
            return self.add_weight((rows, columns, self.width), "zeros", name=name)

        self.vertical_kernel = kernel(self.reach, self.kernel, "vertical")
        self.vertical_biases = biases("vertical_biases")
        self.horizontal_kernel = kernel(1, self.reach, "horizontal")
        self.horizontal_biases = biases("horizontal_biases")

    def vertical(self, window: tf.Tensor, row: int | tf.Tensor | None = None):
        """Computes the vertical stack.

        Args:
            window: pixels, [batch, reach + rows - 1, columns, channels]: all rows above the last
                one to compute, from `reach` above the first one on.
            row: the one row to compute, int32 []; None: all rows of the image.

        Returns:
            [batch, rows, columns, width].
        """
        biases = tf.convert_to_tensor(self.vertical_biases)
        side = self.kernel // 2
        window = tf.pad(window, [[0, 0], [0, 0], [side, side], [0, 0]])
        biases = biases if row is None else tf.gather(biases, [row])
        return convolve(window, self.vertical_kernel) + biases

    def horizontal(
        self, window: tf.Tensor, row: int | tf.Tensor | None = None, column: tf.Tensor | None = None
    ):
        """Computes the horizontal stack.

        Args:
            window: pixels, [batch, rows, reach + columns - 1, channels]: all columns to the left
                of the last one to compute, from `reach` to the left of the first one on.
            row: of the one pixel to compute, int32 []; None: all pixels of the image.
            column: of that pixel, int32 [].

        Returns:
            [batch, rows, columns, width].
        """
        biases = tf.convert_to_tensor(self.horizontal_biases)
        biases = biases if row is None else tf.gather_nd(biases, [[[row, column]]])
        return convolve(window, self.horizontal_kernel) + biases


class GatedConvolution(keras.layers.Layer):
    """One gated layer: the vertical stack alone, the horizontal stack with a residual connection.

    Args:
        width: the number of features in each of the two stacks.
        kernel: the number of columns that the vertical stack reads, of half as many rows; the
            horizontal stack reads half as many columns; odd, the halves rounded up.
        num_classes: the number of classes, each with biases of its own; 0: none.
        name: the layer's name.
    """

    def __init__(self, width: int, kernel: int, num_classes: int, name: str):
        super().__init__(name=name)
        self.width, self.kernel, self.num_classes = width, kernel, num_classes

    def build(self, input_shape: tuple):
        """Makes the weights for features [batch, rows, columns, width]."""
        half, gates = self.kernel // 2 + 1, 2 * self.width
        shapes = {
            "vertical": (half, self.kernel, input_shape[-1], gates),
            "horizontal": (1, half, input_shape[-1], gates),
            "across": (1, 1, gates, gates),
            "output": (1, 1, self.width, self.width),
        }
        self.kernels = {
            name: self.add_weight(shape, "glorot_uniform", name=name)
            for name, shape in shapes.items()
        }
        self.biases = {
            name: self.add_weight(shapes[name][-1:], "zeros", name=f"{name}_bias")
            for name in ("vertical", "horizontal", "output")
        }
        if self.num_classes:
            self.of_class = self.add_weight((self.num_classes, 2, gates), "zeros", name="of_class")

    def vertical(self, window: tf.Tensor, labels: tf.Tensor | None):
        """Computes the gates of the vertical stack, before they are applied.

        Args:
            window: the stack below, [batch, kernel // 2 + rows, columns, width]: the rows to
                compute, after those above them.
            labels: the classes, int32 [batch]; not used without classes.

        Returns:
            [batch, rows, columns, 2 width].
        """
        side = self.kernel // 2
        window = tf.pad(window, [[0, 0], [0, 0], [side, side], [0, 0]])
        return self._conditioned(self._convolve(window, "vertical"), labels, 0)

    def across(self, gates: tf.Tensor):
        """Term that the vertical stack adds to the gates of the horizontal one, of equal shape."""
        return convolve(gates, self.kernels["across"])

    def horizontal(
        self,
        features: tf.Tensor,
        window: tf.Tensor,
        across: tf.Tensor,
        labels: tf.Tensor | None,
        mask: tf.Tensor | None = None,
    ):
        """Computes the horizontal stack.

        Args:
            features: the stack below, [batch, rows, columns, width].
            window: the same after what is to the left, [batch, rows, kernel // 2 + columns, width].
            across: see `across`, [batch, rows, columns, 2 width].
            labels: see `vertical`.
            mask: the dropout mask of the gated features, [batch, rows, columns, width], or None.

        Returns:
            [batch, rows, columns, width].
        """
        gates = self._convolve(window, "horizontal") + across
        added = gated(self._conditioned(gates, labels, 1))
        added = added if mask is None else added * mask
        return features + self._convolve(added, "output")

    def _convolve(self, window, name):
        return convolve(window, self.kernels[name], self.biases[name])

    def _conditioned(self, gates, labels, stack):
        """Adds the biases of the classes to the gates of one of the two stacks."""
        if not self.num_classes:
            return gates
        added = float32_sums.lookup(tf.convert_to_tensor(self.of_class)[:, stack], labels)
        return gates + added[:, None, None]


def gated(gates: tf.Tensor):
    """Computes tanh(a) σ(b), [..., width], of the two halves a and b of [..., 2 width]."""
    a, b = tf.split(gates, 2, axis=-1)
    return tf.tanh(a) * tf.sigmoid(b)


def convolve(window: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None):
    """Convolves a window that is already padded.

    oneDNN has no gradients of convolutions that pad unevenly, and those that TensorFlow has instead
    took three times as long on a CPU, in bfloat16 a hundred times. Of a window of the kernel's size
    it is one product, which is three times as fast.
    """
    kernel = tf.convert_to_tensor(kernel)
    if window.shape[1:3] == kernel.shape[:2]:
        flat = tf.reshape(kernel, [-1, kernel.shape[-1]])
        values = tf.matmul(tf.reshape(window, [-1, flat.shape[0]]), flat)[:, None, None]
    else:
        values = tf.nn.conv2d(window, kernel, 1, "VALID")
    return values if bias is None else float32_sums.bias_add(values, tf.convert_to_tensor(bias))
