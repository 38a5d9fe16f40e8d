"""Commands answer errors in a sentence."""

import pathlib

import pytest

from zoo.errors import explained


@explained
def written(path):
    """Writes to a file."""
    pathlib.Path(path).write_text("more than nothing")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told_with_its_remedy(capsys):
    with pytest.raises(SystemExit, match="1"):
        written("/dev/full")
    message = "No space left on device. Make room, and run the same command again.\n"
    assert capsys.readouterr().err.endswith(message)


def test_another_failure_of_the_system_is_told_as_it_is(capsys):
    with pytest.raises(SystemExit, match="1"):
        written("/nowhere/file")
    assert capsys.readouterr().err.endswith("No such file or directory: '/nowhere/file'\n")
