"""The training curves of a run, from its TensorBoard logs."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator


@dataclasses.dataclass(frozen=True)
class Curve:
    """A figure over the steps of training.

    Attributes:
        steps: int [n], ascending.
        values: float [n].
    """

    steps: np.ndarray
    values: np.ndarray


def curves(folder: pathlib.Path) -> dict[str, dict[str, Curve]]:
    """The logged figures, by their names and then by "train" or "validation".

    Those that never changed, such as a constant π, are left out. Of a run that was continued from
    an earlier checkpoint, the steps that it made twice count as the second time.

    Args:
        folder: of the event files; it may be empty, or not be there.
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
    """The means of consecutive pieces, at most `parts` of them, at the pieces' last steps."""
    size = -(-len(curve.steps) // parts)
    ends = range(size, len(curve.steps) + 1, size)
    values = [float(np.mean(curve.values[end - size : end])) for end in ends]
    return Curve(np.array([curve.steps[end - 1] for end in ends]), np.array(values))
