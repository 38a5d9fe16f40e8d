"""What a run writes down beside its checkpoints, and who may write there."""

import contextlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
from importlib import metadata

import filelock

from zoo import domains, randomness
from zoo.errors import RunFolderError
from zoo.runs import digests
from zoo.tokenizers.vocabulary import Vocabulary

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

    Raises:
        RunFolderError: the path is empty.
    """

    def __init__(self, path: str | os.PathLike):
        if not os.fspath(path):
            raise RunFolderError("The run folder has no name: give one with --workdir.")
        self.path = pathlib.Path(path).expanduser()
        self.checkpoints = self.path / "checkpoints"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"

    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self._record_path.is_file()

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

    @contextlib.contextmanager
    def removed_if_no_run_begins(self):
        """Takes back what `create` and `locked` have made if an error comes before a run begins.

        Whatever else is in the folder stays, and the folder with it.
        """
        try:
            yield
        except BaseException:
            if not self.exists():
                (self.path / ".lock").unlink(missing_ok=True)
                for folder in (self.checkpoints, self.logs, self.samples, self.path):
                    with contextlib.suppress(OSError):  # it is not empty
                        folder.rmdir()
            raise

    def write(self, settings: dict, example, data: dict[str, str] | None = None) -> None:
        """Records the experiment, its example spec and what it runs on.

        Args:
            settings: the fields of the experiment.
            example: the example spec.
            data: the digests of the data, see `zoo.runs.digests`, which stay those of the first
            time.
        """
        data = self.recorded_data() or data
        if example.kind == "text":
            example.vocabulary.save(self.path / "vocabulary.txt.new")
            _put(self.path / "vocabulary.txt")
        record = {
            "experiment": settings,
            "example": _example_to_json(example),
            "data": data,
            "random_stream": randomness.STREAM,
            "versions": versions(),
            "revision": revision(),
        }
        write_json(self._record_path, record)

    def data_moved_to(self, data: str) -> None:
        """Records the spec of the data, which has other paths once they have moved."""
        record = self._record()
        if record["experiment"]["data"] != data:
            record["experiment"]["data"] = data
            write_json(self._record_path, record)

    def recorded_data(self) -> dict[str, str] | None:
        """The digests of the data when the run began; None where there are none."""
        return self._record().get("data") if self.exists() else None

    def read(self) -> tuple[dict, domains.Domain]:
        """The recorded settings and example spec.

        Raises:
            RunFolderError: no run has begun here, or its record is unreadable.
        """
        record = self._record()
        try:
            return record["experiment"], _example_from_json(record["example"], self.path)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise RunFolderError(f"Cannot read {self._record_path}: {error!r}.") from None

    @property
    def _record_path(self):
        return self.path / "experiment.json"

    def _record(self):
        """What `write` has written, a dict."""
        if not self.exists():
            raise RunFolderError(
                f"{self.path} is not a run folder: it has no experiment.json. "
                "Give the --workdir of a run of train.py."
            )
        try:
            return dict(json.loads(self._record_path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, OSError) as error:
            raise RunFolderError(f"Cannot read {self._record_path}: {error!r}.") from None

    def require_same_stream(self) -> None:
        """Raises RunFolderError if the run began with another version of the random numbers."""
        began = self._record().get("random_stream", 1)  # version 1 was not recorded
        if began != randomness.STREAM:
            raise RunFolderError(
                f"{self.path} holds an unfinished run which draws version {began} of the random "
                f"numbers of a seed; this zoo draws version {randomness.STREAM} and cannot "
                "continue it. Sample and evaluate it as it is, or train it anew in another "
                "--workdir."
            )

    def require_same_data(
        self, example, data: dict[str, str] | None = None, allow_changed: bool = False
    ) -> None:
        """Checks data against those that the run began with.

        Args:
            example: their example spec.
            data: their digests; None: only the example spec is compared.
            allow_changed: whether other examples are only told of, where the run can go on.

        Raises:
            RunFolderError: the example spec is another one, or a digest is and `allow_changed`
                is not set.
        """
        self._require_same_example(example)
        recorded = self.recorded_data()
        if recorded is None or data is None:  # runs from before there were digests have none
            return
        others = digests.changed(recorded, data)
        if not others:
            return
        message = (
            f"The data has changed since the run in {self.path} began: {_listed(others)} "
            f"{'is' if len(others) == 1 else 'are'} no longer what "
            f"{'it was' if len(others) == 1 else 'they were'}."
        )
        if not allow_changed:
            raise RunFolderError(
                f"{message} What is held out may have been trained on. Give back the old data, "
                "train in a new --workdir, or give --allow_changed_data to go on all the same."
            )
        print(message, file=sys.stderr)

    def _require_same_example(self, example):
        """Raises RunFolderError unless `example` is the recorded example spec."""
        recorded = self.read()[1]
        if recorded == example:
            return
        was, now = str(recorded), str(example)
        if example.kind == recorded.kind == "text":
            before, after = set(recorded.vocabulary.symbols), set(example.vocabulary.symbols)
            if before != after:
                was += f", {sorted(before - after)[:5]} among them"
                now += f", {sorted(after - before)[:5]} among them"
            elif recorded.vocabulary.symbols != example.vocabulary.symbols:
                now += ", the vocabulary in another order of frequencies"
        raise RunFolderError(
            f"The data has changed since the run in {self.path} began: it had {was}; now it has "
            f"{now}. The model cannot read these, so that --allow_changed_data cannot help: give "
            "back the old data, or a new --workdir."
        )


def write_json(path: pathlib.Path, content) -> None:
    """Writes JSON as `write_text` does."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: pathlib.Path, content: str) -> None:
    """Writes UTF-8 beside `path` and renames it, so that `path` is never half written."""
    path.with_name(path.name + ".new").write_text(content, encoding="utf-8")
    _put(path)


def _listed(names):
    """Names of parts in words, such as "the train and test part"."""
    *first, last = names
    return f"the {', '.join(first)} and {last} parts" if first else f"the {last} part"


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
        return domains.Text(vocabulary, record["length"], record["running"])
    if record["kind"] == "points":
        return domains.Points(record["dimension"])
    classes = record.get("num_classes", 0)  # runs from before there were conditions lack it
    return domains.Image(tuple(record["shape"]), record["binary"], record["digits"], classes)
