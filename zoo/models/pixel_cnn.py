"""A gated PixelCNN: all pixels' predictions at once from convolutions that see no later pixel.

Source: A. van den Oord et al. (2016), arXiv 1606.05328; sampling with cached activations:
P. Ramachandran et al. (2017), arXiv 1704.06001.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base import sequence_model
from zoo.models.base.network import ParallelNetwork, TokenSpace, run_by_steps
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers.dropout import dropout_masks
from zoo.models.layers.gated_convolution import (
    FirstConvolution,
    GatedConvolution,
    convolve,
    gated,
)


def build(
    domain: domains.Image,
    *,
    width: int = 32,
    layers: int = 7,
    kernel: int = 3,
    first_kernel: int = 7,
    dropout: float = 0.0,
) -> SequenceModel:
    """A gated PixelCNN, conditioned on the classes where the data come with labels.

    Args:
        domain: the domain: grey images.
        width: the number of features in each of the two stacks.
        layers: the number of gated layers after the first convolution.
        kernel: the size n of the square n×n of which a layer reads the part before its middle.
        first_kernel: the same of the first convolution.
        dropout: the dropout rate of the gated features in the horizontal stack in training.

    Raises:
        SpecError: width or layers below 1, a kernel that is even or below 3, dropout outside
            [0, 1), or colour images.
    """
    for name, size in (("width", width), ("layers", layers)):
        require(size >= 1, f"pixel_cnn: {name}={size} should be at least 1.")
    for name, size in (("kernel", kernel), ("first_kernel", first_kernel)):
        require(size >= 3 and size % 2, f"pixel_cnn: {name}={size} should be odd and at least 3.")
    require(0 <= dropout < 1, f"pixel_cnn: dropout={dropout} should be at least 0 and below 1.")
    require(
        domain.channels == 1,
        f"pixel_cnn reads grey images, and these are {domain}: dcgan, mlp_gan and resnet_gan "
        "model colour; transformer, lstm, gru and independent do where the values are 0 and 1; "
        "image_folder(path=..., grey=True) reads images in grey.",
    )
    classes = domain.num_classes
    return sequence_model.build(
        domain,
        lambda tokens: PixelCNNNetwork(
            tokens, classes, width, layers, kernel, first_kernel, dropout
        ),
        patch=[1, 1],
    )


class PixelCNNNetwork(ParallelNetwork):
    """A convolution of the pixels, `layers` gated layers, and two 1×1 convolutions to logits.

    The vertical stack reads the rows above a pixel, the horizontal stack the pixels to its left:
    together all earlier pixels. Levels are read as numbers from -1 to 1; 0 is outside.

    Args:
        tokens: see `AutoregressiveNetwork`; each is the level of a pixel.
        num_classes: the number of classes; 0: the data come without labels.
        width: see `build`.
        layers: see `build`.
        kernel: see `build`.
        first_kernel: see `build`.
        dropout: see `build`.
    """

    def __init__(
        self,
        tokens: TokenSpace,
        num_classes: int,
        width: int,
        layers: int,
        kernel: int,
        first_kernel: int,
        dropout: float,
    ):
        super().__init__(tokens, "pixel_cnn")
        self.width, self.dropout = width, dropout
        self.before = kernel // 2  # rows or columns that a layer reads beside the present one
        self.first = FirstConvolution(width, first_kernel, name="first")
        self.first.build((None, *tokens.grid, 1))
        self.layers_ = [
            GatedConvolution(width, kernel, num_classes, name=f"layer_{number}")
            for number in range(layers)
        ]
        for layer in self.layers_:
            layer.build((None, *tokens.grid, width))
        levels = tokens.vocabulary_size
        self.hidden_kernel = self.add_weight((1, 1, width, width), "glorot_uniform", name="hidden")
        self.hidden_bias = self.add_weight((width,), "zeros", name="hidden_bias")
        self.output_kernel = self.add_weight((1, 1, width, levels), "glorot_uniform", name="output")
        self.output_bias = self.add_weight((levels,), "zeros", name="output_bias")
        self.built = True

    def initial_state(self, batch_size: int | tf.Tensor):
        """See `AutoregressiveNetwork.initial_state`: the position, the class, cached activations.

        These are the last rows of pixels that the first layer reads; of each layer's vertical
        stack the rows above the present one ("above"), and what it adds to the present row of the
        horizontal stack ("across"); of each horizontal stack the columns to the left ("left").
        """
        _, columns = self.tokens.grid

        def zeros(*shape):
            return [tf.zeros([batch_size, *shape], self._dtype) for _ in self.layers_]

        return {
            "position": tf.zeros([batch_size], tf.int32),
            "label": tf.zeros([batch_size], tf.int32),
            "pixels": tf.zeros([batch_size, self.first.reach * columns], self._dtype),
            "above": zeros(self.before, columns, self.width),
            "across": zeros(1, columns, 2 * self.width),
            "left": zeros(1, self.before, self.width),
        }

    def forward(self, inputs: tf.Tensor, key: tf.Tensor | None = None):
        """See `ParallelNetwork.forward`.

        Args:
            inputs: int32 [batch, time], a start token first; time is at most the image's length.
            key: see there.

        Raises:
            SpecError: more tokens than an image has.
        """
        (rows, columns), length = self.tokens.grid, inputs.shape[1]
        require(
            length <= rows * columns,
            f"pixel_cnn: {length} tokens are more than the {rows * columns} of an image.",
        )
        values = tf.pad(self._values(inputs[:, 1:]), [[0, 0], [0, rows * columns - length + 1]])
        pixels = tf.reshape(values, [-1, rows, columns, 1])
        logits = self._forward(pixels, self._label(inputs[:, 0]), key)
        return tf.reshape(logits, [-1, rows * columns, logits.shape[-1]])[:, :length]

    def _forward(self, pixels, labels, key):
        """Logits [batch, rows, columns, levels] for images; the last pixel changes none."""
        masks = self._masks(tf.shape(pixels)[0], key) or [None] * len(self.layers_)
        above = self.first.vertical(_pad(pixels[:, :-1], top=self.first.reach))
        features = self.first.horizontal(_pad(pixels[:, :, :-1], left=self.first.reach))
        for layer, mask in zip(self.layers_, masks, strict=True):
            gates = layer.vertical(_pad(above, top=self.before), labels)
            window = _pad(features, left=self.before)
            features = layer.horizontal(features, window, layer.across(gates), labels, mask)
            above = gated(gates)
        return self._logits(features)

    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """See `AutoregressiveNetwork.step`; a row's first pixel computes its vertical stacks."""
        position, columns = state["position"], self.tokens.grid[1]
        labels = tf.where(position == 0, self._label(token), state["label"])
        pixel = tf.where(position == 0, tf.cast(0, self._dtype), self._values(token))
        pixels = tf.concat([state["pixels"][:, 1:], pixel[:, None]], axis=1)
        row, column = position[0] // columns, position[0] % columns
        above, across, left = tf.cond(
            column == 0,
            lambda: self._begin_row(row, pixels, state, labels),
            lambda: (state["above"], state["across"], state["left"]),
        )
        now = [tf.gather(part, [column], axis=2) for part in across]
        features, left = self._pixel(row, column, pixels, left, now, labels, masks)
        state = {"position": position + 1, "label": labels, "pixels": pixels}
        state |= {"above": above, "across": across, "left": left}
        return self._logits(features)[:, 0, 0], state

    def run(self, inputs: tf.Tensor, state: Any, key: tf.Tensor | None = None):
        """See `AutoregressiveNetwork.run`."""
        return run_by_steps(self, inputs, state, key)

    def _begin_row(self, row, pixels, state, labels):
        """The `above`, `across` and `left` of a new row; see `initial_state`."""
        window = tf.reshape(pixels, [-1, self.first.reach, self.tokens.grid[1], 1])
        below = self.first.vertical(window, row)
        above, across = [], []
        for layer, earlier in zip(self.layers_, state["above"], strict=True):
            window = tf.concat([earlier, below], axis=1)
            gates = layer.vertical(window, labels)
            below = gated(gates)
            above.append(window[:, 1:])
            across.append(layer.across(gates))
        return above, across, [tf.zeros_like(left) for left in state["left"]]

    def _pixel(self, row, column, pixels, left, across, labels, masks):
        """The last horizontal stack at a pixel, [batch, 1, 1, width], and the next one's `left`."""
        reach = self.first.reach
        outside = tf.range(reach) < reach - column
        window = tf.where(outside, tf.cast(0, self._dtype), pixels[:, -reach:])
        features = self.first.horizontal(window[:, None, :, None], row, column)
        next_left = []
        for number, layer in enumerate(self.layers_):
            window = tf.concat([left[number], features], axis=2)
            mask = masks[number][:, None, None] if masks else None
            features = layer.horizontal(features, window, across[number], labels, mask)
            next_left.append(window[:, :, 1:])
        return features, next_left

    def dropout_masks(
        self, length: int | tf.Tensor, batch_size: int | tf.Tensor, key: tf.Tensor | None
    ) -> list:
        """See `AutoregressiveNetwork.dropout_masks`: [length, batch_size, width] for each layer."""
        rows, columns = self.tokens.grid
        by_pixel = [batch_size, rows * columns, self.width]
        return [
            tf.transpose(tf.reshape(mask, by_pixel), [1, 0, 2])[:length]
            for mask in self._masks(batch_size, key)
        ]

    def _masks(self, batch_size, key):
        """Masks [batch_size, rows, columns, width] for each layer; none without dropout."""
        rows, columns = self.tokens.grid
        shape = [batch_size, rows, columns, self.width]
        return dropout_masks(shape, self.dropout, len(self.layers_), key, self._dtype, 0)

    def _label(self, token):
        return token - self.tokens.vocabulary_size  # the first start token

    def _values(self, tokens):
        """Levels as numbers from -1 to 1."""
        levels = self.tokens.vocabulary_size
        return 2 * tf.cast(tokens, self._dtype) / (levels - 1) - 1

    def _logits(self, features):
        hidden = convolve(tf.nn.relu(features), self.hidden_kernel, self.hidden_bias)
        logits = convolve(tf.nn.relu(hidden), self.output_kernel, self.output_bias)
        return tf.cast(logits, tf.float32)

    @property
    def _dtype(self):
        """The dtype that variables read as: `compute_dtype` within a call, float32 outside."""
        return tf.convert_to_tensor(self.hidden_bias).dtype


def _pad(values, top=0, left=0, right=0):
    """Zeros around [batch, rows, columns, features]."""
    return tf.pad(values, [[0, 0], [top, 0], [left, right], [0, 0]])
