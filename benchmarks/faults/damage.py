"""Damage to checkpoints and to data."""

import os
import pathlib
import random
import shutil

from benchmarks.faults import runs

_KIND, _STEP, _TIMES = "scheduled sampling", 6, 6
_FILES = ("data*", "index")


def faults(place: runs.Place, seed: int) -> list[runs.Fault]:
    """Damage to checkpoints, to their record, and to data."""
    places = random.Random(f"{seed} damage")
    checkpoints = [
        runs.Fault(
            f"the newest checkpoint {words} at a random place of its data or its index",
            "the run says so, goes on from the one before and ends with the weights of an "
            "undisturbed run, bit for bit",
            lambda damaged=damaged: _checkpoint(place, damaged, places),
        )
        for words, damaged in (("truncated", _truncate), ("bit-flipped", _flip))
    ]
    return [
        *checkpoints,
        runs.Fault(
            "the record of which checkpoint is the latest removed, emptied, cut, overwritten",
            "the run says so, goes on from the newest checkpoint and ends bit-equal",
            lambda: _record(place),
        ),
        runs.Fault(
            "the text file of a run truncated, bit-flipped",
            "refused in a sentence; with the file given back the run goes on",
            lambda: _text(place, places),
        ),
        runs.Fault(
            "the prepared files of `tiny_shakespeare` truncated, bit-flipped",
            "refused in a sentence; with the files given back the run goes on",
            lambda: _tfds(place, places),
        ),
    ]


def _truncate(path, places):
    """Cuts a file at a random place."""
    os.truncate(path, places.randrange(path.stat().st_size))


def _flip(path, places):
    """Flips a random bit of a file."""
    content = bytearray(path.read_bytes())
    content[places.randrange(len(content))] ^= 1 << places.randrange(8)
    path.write_bytes(content)


def _checkpoint(place, damaged, places):
    """Damages the newest checkpoint in one of its files, in turn."""
    before, unharmed, equal = 0, 0, 0
    for number in range(_TIMES):
        workdir = place.begun(_KIND, _STEP)
        damaged(next((workdir / "checkpoints").glob(f"ckpt-{_STEP}.{_FILES[number % 2]}")), places)
        resumed = place.ended(*place.command(_KIND, workdir))
        told = f"ckpt-{_STEP} is missing or damaged" in resumed.stderr
        before += told and f"goes on from that of step {_STEP - 1}." in resumed.stderr
        unharmed += not told and f"holds {_STEP} steps already" in resumed.stdout
        equal += resumed.returncode == 0 and runs.equal(
            runs.state(workdir), runs.state(place.whole(_KIND))
        )
    result = (
        f"went on from the one before {before} times, from the newest where what was hit holds "
        f"nothing {unharmed} times; ended bit-equal {equal} times"
    )
    return _TIMES, result, 2 * _TIMES - before - unharmed - equal


def _record(place):
    """Damages the file that names the newest checkpoint."""
    contents = (None, b"", b"model_checkp", b"\xff\xfe")
    found = 0
    for content in contents:
        workdir = place.begun(_KIND, _STEP)
        path = workdir / "checkpoints" / "checkpoint"
        path.unlink() if content is None else path.write_bytes(content)
        resumed = place.ended(*place.command(_KIND, workdir))
        found += (
            resumed.returncode == 0
            and f"goes on from that of step {_STEP}." in resumed.stderr
            and runs.equal(runs.state(workdir), runs.state(place.whole(_KIND)))
        )
    return len(contents), f"did {found} times", len(contents) - found


def _text(place, places):
    """Damages the text file of a run."""
    original = pathlib.Path("docs/theory.md").read_bytes()
    refused, again = 0, 0
    for damaged in (_truncate, _flip):
        folder = place.fresh()
        path, workdir = folder / "my.txt", folder / "run"
        path.write_bytes(original)
        command = [
            *("train.py", f"--data=text_file(path='{path}')", f"--workdir={workdir}"),
            *("--model=gru(units=4)", "--batch_size=4"),
            *("--objective=maximum_likelihood", "--sample_every=0", "--strategy=cpu"),
        ]
        place.finish(*command, "--steps=2")
        damaged(path, places)
        ended = place.ended(*command, "--steps=4")
        refused += _refused(ended) and runs.latest(workdir) == 2
        path.write_bytes(original)
        place.finish(*command, "--steps=4")
        again += runs.latest(workdir) == 4
    return 2, f"refused {refused} times, went on {again} times", 4 - refused - again


def _tfds(place, places):
    """Damages the prepared files of a data set of tensorflow-datasets."""
    prepared = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()
    if not (prepared / "tiny_shakespeare").is_dir():
        return "TFDS_DATA_DIR does not hold it"
    refused, again = 0, 0
    for damaged in (_truncate, _flip):
        folder = place.fresh()
        shutil.copytree(prepared / "tiny_shakespeare", folder / "tfds" / "tiny_shakespeare")
        path, workdir = next((folder / "tfds").rglob("*train.tfrecord*")), folder / "run"
        command = [
            *("train.py", "--data=tiny_shakespeare", f"--data_dir={folder / 'tfds'}"),
            *("--model=gru(units=4)", "--objective=maximum_likelihood", f"--workdir={workdir}"),
            *("--batch_size=4", "--sample_every=0", "--strategy=cpu"),
        ]
        place.finish(*command, "--steps=2")
        content = path.read_bytes()
        damaged(path, places)
        ended = place.ended(*command, "--steps=4")
        refused += _refused(ended) and runs.latest(workdir) == 2
        path.write_bytes(content)
        place.finish(*command, "--steps=4")
        again += runs.latest(workdir) == 4
    return 2, f"refused {refused} times, went on {again} times", 4 - refused - again


def _refused(program):
    """True if a program ended with a sentence."""
    return program.returncode == 1 and told(program)


def told(program) -> bool:
    """True if what a program says of an error is no traceback."""
    return "Error: " in program.stderr and "Traceback" not in program.stderr
