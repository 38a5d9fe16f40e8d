"""Training curves of a run from its TensorBoard logs."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator


@dataclasses.dataclass(frozen=True)
class Curve:
    """A logged quantity over training steps.

    Attributes:
        steps: int [n], ascending.
        values: float [n].
    """

    steps: np.ndarray
    values: np.ndarray


def curves(folder: pathlib.Path) -> dict[str, dict[str, Curve]]:
    """Reads the logged quantities, by name and then by "train" or "validation".

    Constant quantities, such as a fixed π, are left out. If a run was resumed from an earlier
    checkpoint, the second pass replaces the steps made twice.

    Args:
        folder: of the event files; it may be empty or missing.
    """
    if not folder.is_dir():
        return {}
    events = event_accumulator.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    found = {}
    for tag in events.Tags()["tensors"]:
        part, _, name = tag.partition("/")
        points = {e.step: float(tf.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)}
        steps = np.array(sorted(points))
        values = np.array([points[step] for step in steps])
        if np.ptp(values) > 0:
            found.setdefault(name, {})[part] = Curve(steps, values)
    return found


def smoothed(curve: Curve, parts: int = 60) -> Curve:
    """Averages a curve over at most `parts` consecutive pieces, at their last steps."""
    size = -(-len(curve.steps) // parts)
    ends = range(size, len(curve.steps) + 1, size)
    values = [float(np.mean(curve.values[end - size : end])) for end in ends]
    return Curve(np.array([curve.steps[end - 1] for end in ends]), np.array(values))
