"""Checkpoints: what is saved comes back, and nothing but whole ones is ever seen."""

import os
import pathlib
import time

import keras
import numpy as np
import pytest

from zoo.errors import RunFolderError, TrainingDivergedError
from zoo.runs import checkpoints


@pytest.fixture
def components():
    return {
        "generator": [keras.Variable([1.0, 2.0]), keras.Variable(3, dtype="int64")],
        "average": [],
        "optimizer": [keras.Variable(np.full([2, 2], 0.5, "float32"))],
    }


def change(components):
    for variables in components.values():
        for variable in variables:
            variable.assign(variable + 1)


def values(components):
    return [v.numpy().tolist() for variables in components.values() for v in variables]


def test_an_empty_folder_restores_nothing(tmp_path, components):
    before = values(components)
    assert checkpoints.Checkpoints(tmp_path, components).restore() == 0
    assert values(components) == before


def test_round_trip_of_every_part(tmp_path, components):
    saved = values(components)
    checkpoints.Checkpoints(tmp_path, components).save(7)
    change(components)
    assert checkpoints.Checkpoints(tmp_path, components).restore() == 7
    assert values(components) == saved


def test_one_part_under_another_name(tmp_path, components):
    checkpoints.Checkpoints(tmp_path, components).save(3)
    fresh = [keras.Variable(np.zeros([2, 2], "float32"))]
    assert checkpoints.load(tmp_path, {"optimizer": fresh}) == 3
    np.testing.assert_array_equal(fresh[0], 0.5)


def test_the_last_state_is_not_written_over(tmp_path, components):
    """A kill meanwhile would leave nothing that can be read."""
    saved = checkpoints.Checkpoints(tmp_path, components)
    saved.save(5)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    saved.save(5)
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert after == before


def test_only_the_last_two_are_kept(tmp_path, components):
    saved = checkpoints.Checkpoints(tmp_path, components)
    for step in (1, 2, 3):
        saved.save(step)
    assert sorted(path.name for path in tmp_path.glob("*.index")) == [
        "ckpt-2.index",
        "ckpt-3.index",
    ]


def test_keeping_two_goes_on_after_a_restart(tmp_path, components):
    for step in (1, 2, 3):
        saved = checkpoints.Checkpoints(tmp_path, components)
        saved.restore()
        saved.save(step)
    assert len(list(tmp_path.glob("*.index"))) == 2


def test_a_weight_that_is_not_finite_is_not_saved(tmp_path, components):
    saved = checkpoints.Checkpoints(tmp_path, components)
    saved.save(1)
    components["optimizer"][0].assign(np.full([2, 2], np.nan))
    with pytest.raises(TrainingDivergedError, match="optimizer is not finite"):
        saved.save(2)
    assert saved.restore() == 1


def test_remains_of_a_killed_write_are_ignored_and_cleared(tmp_path, components):
    saved = checkpoints.Checkpoints(tmp_path, components)
    saved.save(5)
    half = tmp_path / "ckpt-6_temp"
    half.mkdir()
    (half / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    (tmp_path / "ckpt-6.data-00000-of-00001").write_bytes(b"half")
    assert checkpoints.Checkpoints(tmp_path, components).restore() == 5
    assert not half.exists()
    again = checkpoints.Checkpoints(tmp_path, components)
    again.save(6)
    assert again.restore() == 6


def test_a_full_disk_is_told_and_the_last_state_stays(tmp_path, components, monkeypatch):
    saved = checkpoints.Checkpoints(tmp_path, components)
    saved.save(1)
    # A file where TensorFlow would make its folder fails the write as a full disk does.
    (tmp_path / "ckpt-2_temp").write_text("in the way")
    with pytest.raises(RunFolderError, match="disk full"):
        saved.save(2)
    assert checkpoints.load(tmp_path, components) == 1


def test_loading_without_a_checkpoint_says_so(tmp_path, components):
    with pytest.raises(RunFolderError, match="no checkpoint yet"):
        checkpoints.load(tmp_path, components)


@pytest.mark.parametrize("name", ["a[1]", "a?", "a*", "a\\b", "[", "a b", "ä"])
def test_a_folder_of_any_name_keeps_its_checkpoints(tmp_path, components, name):
    """TensorFlow takes some of the characters for a pattern."""
    folder, other = tmp_path / name, tmp_path / "a1"
    for made in (folder, other):
        made.mkdir()
        checkpoints.Checkpoints(made, components).save(1)
    for step in (2, 3, 4):
        checkpoints.Checkpoints(folder, components).save(step)
    saved = values(components)
    change(components)
    assert checkpoints.Checkpoints(folder, components).restore() == 4
    assert values(components) == saved
    assert checkpoints.load(folder, components) == 4
    assert sorted(path.name for path in folder.glob("*.index")) == ["ckpt-3.index", "ckpt-4.index"]
    assert [path.name for path in other.glob("*.index")] == ["ckpt-1.index"]


def test_a_folder_given_relative_is_found_after_a_change_of_the_working_directory(
    tmp_path, components, monkeypatch
):
    (tmp_path / "a[1]").mkdir()
    monkeypatch.chdir(tmp_path)
    saved = checkpoints.Checkpoints(pathlib.Path("a[1]"), components)
    saved.save(1)
    monkeypatch.chdir("/")
    saved.save(2)
    assert checkpoints.load(tmp_path / "a[1]", components) == 2


def _flip(path, offset):
    """Flips one bit."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 64
    path.write_bytes(content)


def _flip_weights(path):
    """Flips one bit of the weights of the generator that are saved second."""
    _flip(path, path.read_bytes().index(np.float32([2.0, 3.0]).tobytes()))


DAMAGES = {
    "no data": lambda folder: (folder / "ckpt-3.data-00000-of-00001").unlink(),
    "no index": lambda folder: (folder / "ckpt-3.index").unlink(),
    "flipped data": lambda folder: _flip_weights(folder / "ckpt-3.data-00000-of-00001"),
    "flipped index": lambda folder: _flip(folder / "ckpt-3.index", 40),
    "truncated data": lambda folder: os.truncate(folder / "ckpt-3.data-00000-of-00001", 9),
    "truncated index": lambda folder: os.truncate(folder / "ckpt-3.index", 40),
    "empty index": lambda folder: os.truncate(folder / "ckpt-3.index", 0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_where_the_latest_is_damaged_the_one_before_is_taken(tmp_path, components, capsys, damage):
    saved = checkpoints.Checkpoints(tmp_path, components)
    saved.save(2)
    before = values(components)
    change(components)
    saved.save(3)
    after = values(components)
    DAMAGES[damage](tmp_path)
    change(components)
    assert checkpoints.load(tmp_path, components) == 2
    assert values(components) == before
    assert f"{tmp_path / 'ckpt-3'} is missing or damaged" in capsys.readouterr().err
    change(components)
    again = checkpoints.Checkpoints(tmp_path, components)
    assert again.restore() == 2
    assert values(components) == before
    assert "Training goes on from that of step 2." in capsys.readouterr().err
    change(components)
    again.save(3)  # it is written anew, and the one before it is still kept
    assert checkpoints.Checkpoints(tmp_path, components).restore() == 3
    assert values(components) == after
    assert capsys.readouterr().err == ""
    _flip(tmp_path / "ckpt-3.index", 40)
    assert checkpoints.load(tmp_path, components) == 2


def test_a_first_checkpoint_that_was_killed_half_written_is_none(tmp_path, components):
    """Its data has its name before its index is written, and its record comes last."""
    checkpoints.Checkpoints(tmp_path, components).save(1)
    os.truncate(tmp_path / "ckpt-1.index", 0)
    (tmp_path / "checkpoint").unlink()
    saved = checkpoints.Checkpoints(tmp_path, components)
    assert saved.restore() == 0
    saved.save(1)
    assert checkpoints.load(tmp_path, components) == 1


def test_where_all_are_damaged_that_is_told(tmp_path, components):
    change(components)
    checkpoints.Checkpoints(tmp_path, components).save(3)
    DAMAGES["flipped data"](tmp_path)
    message = r"ckpt-3 is missing or damaged \(.*and there is no other that can be read"
    with pytest.raises(RunFolderError, match=message):
        checkpoints.load(tmp_path, components)
    with pytest.raises(RunFolderError, match=message):
        checkpoints.Checkpoints(tmp_path, components).restore()
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(RunFolderError, match="no other that can be read"):
        checkpoints.Checkpoints(tmp_path, components).restore()


@pytest.mark.parametrize("content", [None, b"", b"model_check", b'model_checkpoint_path: "\xff"'])
def test_the_newest_is_found_where_its_record_is_damaged(tmp_path, components, content, capsys):
    for step in (2, 3):
        checkpoints.Checkpoints(tmp_path, components).save(step)
    record = tmp_path / "checkpoint"
    record.unlink() if content is None else record.write_bytes(content)
    assert checkpoints.load(tmp_path, components) == 3
    saved = checkpoints.Checkpoints(tmp_path, components)
    assert saved.restore() == 3
    assert f"{record}, which names the latest checkpoint, is missing" in capsys.readouterr().err
    saved.save(4)
    assert checkpoints.Checkpoints(tmp_path, components).restore() == 4
    assert sorted(path.name for path in tmp_path.glob("*.index")) == [
        "ckpt-3.index",
        "ckpt-4.index",
    ]


def test_old_checkpoints_are_deleted_though_the_clock_was_put_back(
    tmp_path, components, monkeypatch
):
    now = time.time()
    for hours, step in enumerate((1, 2, 3, 4)):
        monkeypatch.setattr(time, "time", lambda hours=hours: now - 3600 * hours)
        saved = checkpoints.Checkpoints(tmp_path, components)
        saved.restore()
        saved.save(step)
    assert len(list(tmp_path.glob("*.index"))) == 2
