"""Checkpoints of the training state, each complete or not there at all.

TensorFlow's checkpoint manager writes a checkpoint beside the others and makes it the latest
by renaming one small file, so that a kill at any moment leaves the one before. Where the latest
is damaged, which its checksums tell, the one before is taken. Variables are saved by their position
within their part, which does not depend on the names Keras gives.
"""

import functools
import pathlib
import re
import shutil
import sys
import time

import numpy as np
import tensorflow as tf

from zoo.errors import RunFolderError, TrainingDivergedError
from zoo.runs.plain_paths import plain
from zoo.runs.run_folder import write_text

_KEPT = 2
_RECORD = "checkpoint"  # the file of TensorFlow that names the latest checkpoint and those kept
_INDEX = re.compile(r"ckpt-([0-9]+)\.index")  # written once the checkpoint's other file is there
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
        self._folder, self._writes = folder, writes
        for unfinished in folder.glob("*_temp") if writes else ():
            shutil.rmtree(unfinished)
        self._components = components
        self._whole = _checkpoint(components)

    @functools.cached_property
    def _manager(self):
        return tf.train.CheckpointManager(self._whole, str(plain(self._folder)), max_to_keep=_KEPT)

    def restore(self) -> int:
        """Restores the latest checkpoint, or says that it is damaged and restores the one before.

        Returns:
            The checkpoint's step, or 0 if there is none.

        Raises:
            RunFolderError: there are checkpoints, and all are damaged.
        """
        found = _read_newest(
            self._folder,
            lambda path: self._whole.restore(path).assert_consumed(),
            "Training goes on from",
        )
        if found > 0 and self._writes:
            self._keep(found)
        return found

    def _keep(self, found):
        """Makes a step the latest, and has it and all before it deleted when they are old.

        The record leaves out the others where the latest was damaged, and those of before where
        the clock was put back.
        """
        latest, named = _recorded(self._folder)
        kept = sorted(step for step in {*named, *_steps(self._folder)} if step <= found)
        if latest == found and [step_of(path) for path in self._manager.checkpoints] == kept:
            return
        now = time.time()
        lines = [f'model_checkpoint_path: "ckpt-{found}"']
        lines += [f'all_model_checkpoint_paths: "ckpt-{step}"' for step in kept]
        lines += [f"all_model_checkpoint_timestamps: {now}" for _ in kept]
        write_text(self._folder / _RECORD, "\n".join([*lines, "last_preserved_timestamp: 0", ""]))
        self.__dict__.pop("_manager", None)

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

    Where it is damaged, it says so and reads those of the one before.

    Args:
        folder: the folder of `Checkpoints`.
        components: the variables to fill, by component.

    Returns:
        The checkpoint's step.

    Raises:
        RunFolderError: there is no checkpoint, or all are damaged.
    """
    found = _read_newest(folder, lambda path: _read(path, components), "This is")
    if found == 0:
        raise RunFolderError(
            f"{folder.parent} holds no checkpoint yet. Train it first: python train.py --help."
        )
    return found


def _read_newest(folder, read, taken):
    """Reads the latest checkpoint, or the newest before it that can be read; returns its step."""
    latest, _ = _recorded(folder)
    steps = [step for step in _steps(folder) if latest is None or step < latest]
    damage = None
    if latest is None:
        damage = f"{folder / _RECORD}, which names the latest checkpoint, is missing or damaged"
    for step in steps if latest is None else [latest, *steps]:
        try:
            read(str(plain(folder) / f"ckpt-{step}"))
        except _UNREADABLE as error:
            damage = damage or _damage(folder / f"ckpt-{step}", error)
            continue
        if damage is not None:
            print(f"{damage}. {taken} that of step {step}.", file=sys.stderr)
        return step
    unrecorded = latest is None and not (folder / _RECORD).exists()
    if unrecorded and not any(_has_index(plain(folder) / f"ckpt-{step}") for step in steps):
        return 0  # a first checkpoint whose writing was killed has no record yet, and half an index
    raise RunFolderError(f"{damage}, and there is no other that can be read. Train the run anew.")


def _has_index(path):
    try:
        tf.train.load_checkpoint(str(path))
    except _UNREADABLE:
        return False
    return True


def _recorded(folder):
    """The latest step and all steps that the record names; None and none if it cannot be read."""
    try:
        state = tf.train.get_checkpoint_state(str(plain(folder)))
        if state is not None:
            named = [step_of(path) for path in state.all_model_checkpoint_paths]
            return step_of(state.model_checkpoint_path), named
    except ValueError:  # a byte that is not UTF-8, or a name without a step
        pass
    return None, []


def _steps(folder):
    """The steps of the checkpoints that are there, the newest first."""
    names = [_INDEX.fullmatch(path.name) for path in folder.glob("*.index")]
    return sorted((int(name[1]) for name in names if name), reverse=True)


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
        _read(str(plain(path.parent) / path.name), components)
    except _UNREADABLE as error:
        raise RunFolderError(f"{_damage(path, error)}. {otherwise}") from None
    return step_of(str(path))


def _read(path, components):
    status = _checkpoint(components).read(path)
    status.assert_existing_objects_matched().expect_partial()


def _damage(path, error):
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return f"The checkpoint {path} is missing or damaged ({reason})"


def step_of(path: str) -> int:
    """The step of a checkpoint, from its path."""
    return int(path.rpartition("-")[-1])


def _checkpoint(components):
    lists = {part: [v.value for v in variables] for part, variables in components.items()}
    return tf.train.Checkpoint(**lists)
