"""Weights as a safetensors file: arrays by the part that they belong to and their position."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import safetensors
import safetensors.numpy

from zoo.errors import PretrainedError


def save(
    path: pathlib.Path,
    components: Mapping[str, Sequence],
    step: int,
    calibration_temperature: float | None = None,
    dtype: str = "float32",
) -> None:
    """Writes variables.

    Args:
        path: the file.
        components: the variables of each part, such as the generator.
        step: the number of training steps behind them.
        calibration_temperature: that of the discriminator, where there is one.
        dtype: "float32" or "float16", of what is floating point.
    """
    arrays = {
        f"{part}.{number:03}": _cast(variable.numpy(), dtype)
        for part, variables in components.items()
        for number, variable in enumerate(variables)
    }
    metadata = {"step": str(step)}
    if calibration_temperature is not None:
        metadata["calibration_temperature"] = repr(calibration_temperature)
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
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise PretrainedError(f"Cannot read the weights in {path} ({error}).") from None
    pairs = []
    for part, variables in components.items():
        for number, variable in enumerate(variables):
            pairs.append((variable, arrays.get(f"{part}.{number:03}"), f"{part}.{number:03}"))
    for variable, array, name in pairs:
        if array is None or array.shape != tuple(variable.shape):
            raise PretrainedError(
                f"{path} does not hold the weights of this model: {name} should have the shape "
                f"{tuple(variable.shape)}; received {None if array is None else array.shape}."
            )
    for variable, array, _ in pairs:
        variable.assign(array.astype(variable.numpy().dtype))
    return metadata


def _cast(array, dtype):
    return array.astype(dtype) if np.issubdtype(array.dtype, np.floating) else array
