"""Checkpoints of the training state, each complete or not there at all.

TensorFlow's checkpoint manager writes a checkpoint beside the others and makes it the latest
by renaming one small file, so that a kill at any moment leaves the one before. Variables are
saved by their position within their part, which does not depend on the names Keras gives.
"""

import pathlib
import shutil

import numpy as np
import tensorflow as tf

from zoo.errors import RunFolderError, TrainingDivergedError
from zoo.runs.plain_paths import plain

_KEPT = 2
# What TensorFlow raises where a file is missing, truncated (IndexError) or fails its checksum.
_UNREADABLE = (tf.errors.OpError, OSError, ValueError, IndexError, RuntimeError)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: the folder of the checkpoints.
        components: all variables of the training state, by component.
        writes: whether this process writes them; of several workers one does.
    """

    def __init__(self, folder: pathlib.Path, components: dict[str, list], writes: bool = True):
        self._writes = writes
        for unfinished in folder.glob("*_temp") if writes else ():
            shutil.rmtree(unfinished)
        self._components = components
        self._manager = tf.train.CheckpointManager(
            _checkpoint(components), str(plain(folder)), max_to_keep=_KEPT
        )

    def restore(self) -> int:
        """Restores the latest checkpoint; returns its step, or 0 if there is none."""
        latest = self._manager.latest_checkpoint
        if latest is None:
            return 0
        self._manager.checkpoint.restore(latest).assert_consumed()
        return step_of(latest)

    def save(self, step: int) -> None:
        """Saves the state after `step` training steps.

        Raises:
            TrainingDivergedError: a weight is not finite; nothing is written then.
            RunFolderError: the disk is full or not writable; the last state stays.
        """
        latest = self._manager.latest_checkpoint
        if latest is not None and step_of(latest) == step:
            return  # writing it again would break it for a moment
        self._write(step, lambda: self._manager.save(checkpoint_number=step))

    def save_to(self, path: pathlib.Path, step: int) -> None:
        """Saves the state after `step` training steps to a checkpoint that is not the latest.

        Args:
            path: the checkpoint's path, without the endings of its files.
            step: the training steps behind it.

        Raises:
            TrainingDivergedError: a weight is not finite; nothing is written then.
            RunFolderError: the disk is full or not writable; the last state stays.
        """
        whole = _checkpoint(self._components)
        self._write(step, lambda: whole.write(str(plain(path.parent) / path.name)))

    def _write(self, step, action):
        """Refuses weights that are not finite, and explains why writing fails."""
        for part, variables in self._components.items():
            if not all(np.isfinite(variable.numpy()).all() for variable in variables):
                raise TrainingDivergedError(f"At step {step} a weight of the {part} is not finite.")
        if not self._writes:
            return
        try:
            action()
        except (tf.errors.OpError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise RunFolderError(
                f"Cannot write the checkpoint of step {step} ({reason}). Is the disk full? "
                "The checkpoint before it is whole: make room and run the same command again."
            ) from None


def load(folder: pathlib.Path, components: dict[str, list]) -> int:
    """Reads components of the latest checkpoint into variables.

    Args:
        folder: the folder of `Checkpoints`.
        components: the variables to fill, by component.

    Returns:
        The checkpoint's step.

    Raises:
        RunFolderError: there is no checkpoint, or it is damaged.
    """
    latest = tf.train.latest_checkpoint(str(plain(folder)))
    if latest is None:
        raise RunFolderError(
            f"{folder.parent} holds no checkpoint yet. Train it first: python train.py --help."
        )
    return load_from(pathlib.Path(latest), components, "Train the run anew.")


def load_from(path: pathlib.Path, components: dict[str, list], otherwise: str) -> int:
    """Reads components of one checkpoint into variables.

    Args:
        path: the checkpoint's path, without the endings of its files.
        components: the variables to fill, by component.
        otherwise: a sentence with the remedy, for the message.

    Returns:
        The checkpoint's step.

    Raises:
        RunFolderError: a file of it is missing or damaged.
    """
    try:
        status = _checkpoint(components).read(str(plain(path.parent) / path.name))
        status.assert_existing_objects_matched().expect_partial()
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0]
        raise RunFolderError(
            f"The checkpoint {path} is missing or damaged ({reason}). {otherwise}"
        ) from None
    return step_of(str(path))


def step_of(path: str) -> int:
    """The step of a checkpoint, from its path."""
    return int(path.rpartition("-")[-1])


def _checkpoint(components):
    lists = {part: [v.value for v in variables] for part, variables in components.items()}
    return tf.train.Checkpoint(**lists)
