"""The content of a SavedModel: signatures, and the variables and tables that they use."""

import dataclasses
import functools
import json
import os
import pathlib
import typing

import numpy as np
import tensorflow as tf

METADATA = pathlib.PurePath("assets.extra", "metadata.json")


@dataclasses.dataclass(frozen=True)
class Signature:
    """One way to call a served model.

    Attributes:
        function: from a dict of tensors to a dict of tensors; every input and output has one
            row for each row of the batch, and no row depends on another.
        inputs: the type and the shape of a row of each input.
        examples: a batch of rows, by input, to warm up and to check with. The first is a row
            to show to people, the others go to the limits of what is answered.
    """

    function: typing.Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]
    inputs: dict[str, tuple[tf.DType, list]]
    examples: dict[str, np.ndarray]

    @functools.cached_property
    def served(self):
        """The function as it is saved.

        It takes one dict, since `keras.layers.TFSMLayer` passes one argument only.
        """
        return self.of_rows(None)

    def of_rows(self, rows: int | None):
        """The same for batches of this many rows; None: of any."""
        specs = {
            name: tf.TensorSpec([rows, *shape], dtype, name)
            for name, (dtype, shape) in self.inputs.items()
        }
        return tf.function(self.function, input_signature=[specs])


@dataclasses.dataclass(frozen=True)
class Servable:
    """A model to be saved.

    Attributes:
        signatures: by name.
        variables: the Keras variables that they read.
        tables: the lookup tables that they read.
        metadata: what else there is to know, a JSON object.
    """

    signatures: dict[str, Signature]
    variables: list
    tables: list
    metadata: dict = dataclasses.field(default_factory=dict)

    def save(self, folder: str | os.PathLike, rows: int | None = None) -> None:
        """Writes the SavedModel, and its metadata into a file that servers leave alone.

        Args:
            folder: where to.
            rows: the number of rows of every batch; None: any.
        """
        functions = {
            name: signature.served if rows is None else signature.of_rows(rows)
            for name, signature in self.signatures.items()
        }
        tf.saved_model.save(self._module(functions), str(folder), functions)
        if self.metadata:
            path = pathlib.Path(folder, METADATA)
            path.parent.mkdir()
            path.write_text(json.dumps(self.metadata, indent=2) + "\n", encoding="utf-8")

    def _module(self, functions):
        # A module that held the Keras networks would write each variable twice, or none that
        # TensorFlow Serving finds: it holds the variables alone.
        module = tf.Module()
        module.parameters = [variable.value for variable in self.variables]
        module.tables = self.tables
        for name, function in functions.items():
            setattr(module, name, function)
        return module
