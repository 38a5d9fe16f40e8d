"""The folder of a run: its record, and the lock of the process that trains it."""

import contextlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata

import filelock
import tensorflow as tf

from zoo import domains, randomness
from zoo.errors import RunFolderError
from zoo.runs import digests
from zoo.tokenizers.vocabulary import Vocabulary

_VERSIONS = ("keras", "tensorflow-datasets", "numpy")  # that of TensorFlow has several packages


class RunFolder:
    """The files of one run.

    Args:
        path: the folder.

    Attributes:
        path: the folder.
        checkpoints: its folder of checkpoints.
        best: its folder of the best checkpoint, where it keeps one.
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
        self.best = self.path / "best"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"

    def exists(self) -> bool:
        """True once a run has begun here."""
        return self._record_path.is_file()

    def create(self) -> None:
        """Creates the folder and its sub-folders.

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
    def locked(self) -> Iterator[None]:
        """Locks the folder for this process; the lock of a killed process ends with it.

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
    def held(self) -> Iterator[None]:
        """Creates and locks the folder for the process that writes it."""
        self.create()
        with self.locked(), self.removed_if_no_run_begins():
            yield

    @contextlib.contextmanager
    def removed_if_no_run_begins(self) -> Iterator[None]:
        """Removes what `create` and `locked` have made if an error comes before a run begins.

        Anything else in the folder stays, and the folder with it.
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

    def write(
        self,
        settings: dict,
        domain: domains.Domain,
        data: dict[str, str] | None = None,
        teacher: str | None = None,
    ) -> None:
        """Records the experiment, the domain and digests of its data, and versions.

        Args:
            settings: the fields of the experiment.
            domain: the domain of the data.
            data: the digests of the data, see `zoo.runs.digests`; those of the first time stay.
            teacher: the digest of the weights of the teacher, where there is one.
        """
        data = self.recorded_data() or data
        if domain.kind == "text":
            domain.vocabulary.save(self.path / "vocabulary.txt.new")
            _put(self.path / "vocabulary.txt")
        record = {
            "experiment": settings,
            "example": _domain_to_json(domain),
            "data": data,
            **({} if teacher is None else {"teacher": teacher}),
            "random_stream": randomness.STREAM,
            "versions": versions(),
            "revision": revision(),
        }
        write_json(self._record_path, record)

    def data_moved_to(self, data: str) -> None:
        """Records the spec of data whose files have moved."""
        record = self._record()
        if record["experiment"]["data"] != data:
            record["experiment"]["data"] = data
            write_json(self._record_path, record)

    def recorded_data(self) -> dict[str, str] | None:
        """The digests of the data when the run began; None if they are not recorded."""
        return self._record().get("data") if self.exists() else None

    def recorded_teacher(self) -> str | None:
        """The digest of the teacher's weights; None if the run has no teacher or has not begun."""
        return self._record().get("teacher") if self.exists() else None

    def read(self) -> tuple[dict, domains.Domain]:
        """Reads the settings and the domain.

        Raises:
            RunFolderError: no run has begun here, or its record is unreadable.
        """
        record = self._record()
        try:
            return record["experiment"], _domain_from_json(record["example"], self.path)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise RunFolderError(f"Cannot read {self._record_path}: {error!r}.") from None

    @property
    def _record_path(self):
        return self.path / "experiment.json"

    def _record(self):
        """The record that `write` has written, a dict."""
        if not self.exists():
            raise RunFolderError(
                f"{self.path} is not a run folder: it has no experiment.json. "
                f"Give the --workdir of a run of train.py{self._seeds_in_words()}."
            )
        try:
            return dict(json.loads(self._record_path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, OSError) as error:
            raise RunFolderError(f"Cannot read {self._record_path}: {error!r}.") from None

    def _seeds_in_words(self):
        """The run folders of seeds in this folder, as the end of a sentence."""
        found = sorted(path.parent.name for path in self.path.glob("seed_*/experiment.json"))
        return f", such as {self.path / found[0]}" if found else ""

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
        self,
        domain: domains.Domain,
        data: dict[str, str] | None = None,
        allow_changed: bool = False,
    ) -> None:
        """Compares data with those that the run began with.

        Args:
            domain: their domain.
            data: their digests; None: only the domains are compared.
            allow_changed: whether other examples of the same domain only cause a warning.

        Raises:
            RunFolderError: the domain is another one, or a digest is and `allow_changed` is not
                set.
        """
        self._require_same_domain(domain)
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
                f"{message} Held-out examples may have been trained on. Give back the old data, "
                "train in a new --workdir, or give --allow_changed_data to continue all the same."
            )
        print(message, file=sys.stderr)

    def _require_same_domain(self, domain):
        """Raises RunFolderError unless `domain` is the recorded one."""
        recorded = self.read()[1]
        if recorded == domain:
            return
        was, now = str(recorded), str(domain)
        if domain.kind == recorded.kind == "text":
            before, after = set(recorded.vocabulary.tokens), set(domain.vocabulary.tokens)
            if before != after:
                was += f", {sorted(before - after)[:5]} among them"
                now += f", {sorted(after - before)[:5]} among them"
            elif recorded.vocabulary.tokens != domain.vocabulary.tokens:
                now += ", the vocabulary in another order of frequencies"
        raise RunFolderError(
            f"The data has changed since the run in {self.path} began: it had {was}; now it has "
            f"{now}. The model cannot read these, so that --allow_changed_data cannot help: give "
            "back the old data, or a new --workdir."
        )


def write_json(path: pathlib.Path, content: object) -> None:
    """Writes JSON as `write_text` does."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: pathlib.Path, content: str) -> None:
    """Writes UTF-8 beside `path` and renames it, so that `path` is never half written."""
    path.with_name(path.name + ".new").write_text(content, encoding="utf-8")
    _put(path)


def _listed(names):
    """A list of splits as a phrase, such as "the train and test parts"."""
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
    found = {"python": platform.python_version(), "tensorflow": tf.__version__}
    return found | {package: metadata.version(package) for package in _VERSIONS}


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


def _domain_to_json(domain):
    if domain.kind == "text":
        level = domain.vocabulary.level
        return {
            "kind": "text",
            "level": level,
            "length": domain.length,
            "running": domain.contiguous,
        }
    if domain.kind == "points":
        return {"kind": "points", "dimension": domain.dimension}
    return {
        "kind": "image",
        "shape": list(domain.shape),
        "binary": domain.binary,
        "digits": domain.digits,
        "num_classes": domain.num_classes,
    }


def _domain_from_json(record, folder):
    if record["kind"] == "text":
        vocabulary = Vocabulary.load(folder / "vocabulary.txt", record["level"])
        return domains.Text(vocabulary, record["length"], record["running"])
    if record["kind"] == "points":
        return domains.Points(record["dimension"])
    classes = record.get("num_classes", 0)  # runs from before there were conditions lack it
    return domains.Image(tuple(record["shape"]), record["binary"], record["digits"], classes)
