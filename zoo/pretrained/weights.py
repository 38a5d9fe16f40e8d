"""Weights as a safetensors file: arrays by the part that they belong to and their position.

In "int8" each 32 values w of an array, in the order of memory, share a scale:

    s = max |w| / 127, float16        q = round(w / s), int8        so that w ≈ s q

which takes 8.5 bits for each weight. Arrays of fewer than 1,000 values (biases, normalisation)
are float32 then, and take hardly any room.

Source: T. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", arXiv 2110.02861 (2021),
section 2.1; here the 255 steps are equal.
"""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import safetensors
import safetensors.numpy

from zoo.errors import PretrainedError

DTYPES = ("int8", "float16", "float32")  # by size
_BLOCK, _STEPS, _FEW = 32, 127, 1000
_SCALE = ".scale"  # ends the name of the blocks' scales


def save(
    path: pathlib.Path,
    components: Mapping[str, Sequence],
    step: int,
    dtype: str = "float32",
) -> None:
    """Writes variables.

    Args:
        path: the file.
        components: the variables of each part, such as the generator.
        step: the number of training steps behind them.
        dtype: one of `DTYPES`, for what is floating point.
    """
    arrays = {}
    for part, variables in components.items():
        for number, variable in enumerate(variables):
            arrays |= _stored(f"{part}.{number:03}", variable.numpy(), dtype)
    path.write_bytes(safetensors.numpy.save(arrays, {"step": str(step)}))


def add_calibration_temperature(path: pathlib.Path, temperature: float) -> None:
    """Adds the discriminator's temperature, fitted on the weights as they are in the file."""
    metadata, arrays = _read(path)
    metadata["calibration_temperature"] = repr(temperature)
    path.write_bytes(safetensors.numpy.save(arrays, metadata))


def load(path: pathlib.Path, components: Mapping[str, Sequence]) -> dict[str, str]:
    """Reads variables; nothing is assigned unless all of them fit.

    Args:
        path: the file.
        components: the variables to fill, by their part.

    Returns:
        The file's metadata: `step`, and `calibration_temperature` where there is a discriminator.

    Raises:
        PretrainedError: the file is damaged, or its arrays are not those of these variables.
    """
    metadata, arrays = _read(path)
    pairs = []
    for part, variables in components.items():
        for number, variable in enumerate(variables):
            name = f"{part}.{number:03}"
            pairs.append((variable, _restored(name, arrays), name))
    for variable, array, name in pairs:
        if array is None or array.shape != tuple(variable.shape):
            raise PretrainedError(
                f"{path} does not hold the weights of this model: {name} should have the shape "
                f"{tuple(variable.shape)}; received {None if array is None else array.shape}."
            )
    for variable, array, _ in pairs:
        variable.assign(array.astype(variable.numpy().dtype))
    return metadata


def _read(path):
    """The metadata and the arrays of a file."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        int(metadata["step"])
    # The last three: types that NumPy has not, such as bfloat16; and no step.
    except (safetensors.SafetensorError, OSError, TypeError, AttributeError, LookupError,
            ValueError) as error:  # fmt: skip
        raise PretrainedError(f"Cannot read the weights in {path} ({error}).") from None
    return metadata, arrays


def _stored(name, array, dtype):
    """The arrays of the file that hold one array, by name."""
    if not np.issubdtype(array.dtype, np.floating):
        return {name: array}
    if dtype != "int8":
        return {name: array.astype(dtype)}
    if array.size < _FEW:
        return {name: array.astype("float32")}
    blocks = np.pad(array.ravel(), (0, -array.size % _BLOCK)).reshape(-1, _BLOCK)
    scales = (np.abs(blocks).max(axis=1) / _STEPS).astype("float16")
    divisors = _each(np.where(scales > 0, scales, 1), array)
    rounded = np.clip(np.round(array / divisors), -_STEPS, _STEPS)
    return {name: rounded.astype("int8"), name + _SCALE: scales}


def _restored(name, arrays):
    """One array of the file; None if it is missing, or its blocks are not as many as its scales."""
    array, scales = arrays.get(name), arrays.get(name + _SCALE)
    if array is None or scales is None:
        return array
    if scales.shape != (-(-array.size // _BLOCK),):
        return None
    return array * _each(scales, array)


def _each(scales, array):
    """The scale of each value of an array, float32."""
    return np.repeat(scales.astype("float32"), _BLOCK)[: array.size].reshape(array.shape)
