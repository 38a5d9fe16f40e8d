"""What a run writes down beside its checkpoints, and who may write there."""

import contextlib
import json
import os
import pathlib
import platform
import subprocess
import tempfile
from importlib import metadata

import filelock

from zoo import example_spec, randomness
from zoo.errors import RunFolderError
from zoo.vocabulary import Vocabulary

_VERSIONS = ("tensorflow", "keras", "tensorflow-datasets", "numpy")


class RunFolder:
    """The files of one run.

    Args:
        path: the folder.

    Attributes:
        path: the folder.
        checkpoints: its folder of checkpoints.
        logs: its folder of TensorBoard logs.
        samples: its folder of samples, one file a step.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path).expanduser()
        self.checkpoints = self.path / "checkpoints"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"

    def exists(self) -> bool:
        """Whether a run has begun here."""
        return (self.path / "experiment.json").is_file()

    def create(self) -> None:
        """Makes the folder and its sub-folders.

        Raises:
            RunFolderError: it cannot be made or written to.
        """
        try:
            for folder in (self.checkpoints, self.logs, self.samples):
                folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise RunFolderError(
                f"Cannot write to the run folder {self.path} ({error.strerror}). "
                "Give a folder you may write to with --workdir."
            ) from None

    @contextlib.contextmanager
    def locked(self):
        """Holds the folder for this process; a killed process lets go of it by dying.

        Raises:
            RunFolderError: another process holds it.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise RunFolderError(
                f"Another process is training in {self.path}. Wait for it, stop it, or give "
                "another --workdir."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def write(self, settings: dict, example) -> None:
        """Records the experiment, its example spec and what it runs on."""
        if example.kind == "text":
            example.vocabulary.save(self.path / "vocabulary.txt.new")
            _put(self.path / "vocabulary.txt")
        record = {
            "experiment": settings,
            "example": _example_to_json(example),
            "random_stream": randomness.STREAM,
            "versions": versions(),
            "revision": revision(),
        }
        write_json(self.path / "experiment.json", record)

    def read(self) -> tuple[dict, example_spec.Example]:
        """The recorded settings and example spec.

        Raises:
            RunFolderError: no run has begun here, or its record is unreadable.
        """
        path = self.path / "experiment.json"
        if not path.is_file():
            raise RunFolderError(
                f"{self.path} is not a run folder: it has no experiment.json. "
                "Give the --workdir of a run of train.py."
            )
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            return record["experiment"], _example_from_json(record["example"], self.path)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise RunFolderError(f"Cannot read {path}: {error!r}.") from None

    def require_same_stream(self) -> None:
        """Raises RunFolderError if the run began with another version of the random numbers."""
        record = json.loads((self.path / "experiment.json").read_text(encoding="utf-8"))
        began = record.get("random_stream", 1)  # version 1 was not recorded
        if began != randomness.STREAM:
            raise RunFolderError(
                f"{self.path} holds an unfinished run which draws version {began} of the random "
                f"numbers of a seed; this zoo draws version {randomness.STREAM} and cannot "
                "continue it. Sample and evaluate it as it is, or train it anew in another "
                "--workdir."
            )

    def require_same_data(self, example) -> None:
        """Raises RunFolderError unless `example` is the recorded example spec."""
        recorded = self.read()[1]
        if recorded == example:
            return
        was, now = str(recorded), str(example)
        if example.kind == recorded.kind == "text":
            before, after = set(recorded.vocabulary.symbols), set(example.vocabulary.symbols)
            was += f", {sorted(before - after)[:5]} among them"
            now += f", {sorted(after - before)[:5]} among them"
        raise RunFolderError(
            f"The data has changed since the run in {self.path} began: it had {was}; now it has "
            f"{now}. Give back the old data, or a new --workdir."
        )


def write_json(path: pathlib.Path, content) -> None:
    """Writes JSON as `write_text` does."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: pathlib.Path, content: str) -> None:
    """Writes UTF-8 beside `path` and renames it, so that `path` is never half written."""
    path.with_name(path.name + ".new").write_text(content, encoding="utf-8")
    _put(path)


def _put(path):
    """Renames `path`.new, once it is on the disk, to `path`."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide a result."""
    return {"python": platform.python_version()} | {p: metadata.version(p) for p in _VERSIONS}


def revision() -> str | None:
    """The git revision of the source, with "+" where it is changed; None outside a checkout."""
    here = pathlib.Path(__file__).parent
    try:
        _git(here, "ls-files", "--error-unmatch", pathlib.Path(__file__).name)
        return _git(here, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder, *arguments):
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _example_to_json(example):
    if example.kind == "text":
        level = example.vocabulary.level
        return {
            "kind": "text",
            "level": level,
            "length": example.length,
            "running": example.running,
        }
    if example.kind == "points":
        return {"kind": "points", "dimension": example.dimension}
    return {
        "kind": "image",
        "shape": list(example.shape),
        "binary": example.binary,
        "digits": example.digits,
        "num_classes": example.num_classes,
    }


def _example_from_json(record, folder):
    if record["kind"] == "text":
        vocabulary = Vocabulary.load(folder / "vocabulary.txt", record["level"])
        return example_spec.Text(vocabulary, record["length"], record["running"])
    if record["kind"] == "points":
        return example_spec.Points(record["dimension"])
    classes = record.get("num_classes", 0)  # runs from before there were conditions lack it
    return example_spec.Image(tuple(record["shape"]), record["binary"], record["digits"], classes)
