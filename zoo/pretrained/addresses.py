"""Published models from elsewhere: an archive with its hash, or the Hugging Face hub."""

import hashlib
import http.client
import io
import os
import pathlib
import re
import tempfile
import urllib.error
import urllib.request
import zipfile

from zoo.errors import PretrainedError
from zoo.pretrained import manifest

_ARCHIVE = re.compile(r"(https?|file)://.+\.zip#sha256=(?P<sha256>[0-9a-f]{64})")
_HUB = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")
_MOST_BYTES = 2**30


def is_address(text: str) -> bool:
    """Tells addresses from names and paths."""
    return "://" in text


def fetch(address: str) -> tuple[pathlib.Path, str | None]:
    """Brings a published folder here, or finds it where it was brought before.

    Args:
        address: `https://HOST/NAME.zip#sha256=HEX`, an archive of a published folder, or of the
            files in it, with its SHA-256; or `hf://OWNER/NAME`, `hf://OWNER/NAME@REVISION`, a
            repository of the Hugging Face hub, which needs the package huggingface_hub.

    Returns:
        The folder, and the SHA-256 that its manifest should have; None: it is not known.

    Raises:
        PretrainedError: the address is of neither form, there is no such archive or repository,
            the archive is not the one of its hash, or the cache cannot be written.
    """
    if match := _HUB.fullmatch(address):
        return _from_hub(match["repository"], match["revision"]), None
    if match := _ARCHIVE.fullmatch(address):
        return _from_archive(address.partition("#")[0], match["sha256"]), None
    raise PretrainedError(
        f"Cannot read the address {address!r}. Write https://HOST/NAME.zip#sha256=HEX, with the "
        "archive's SHA-256, or hf://OWNER/NAME."
    )


def cache() -> pathlib.Path:
    """The folder of fetched archives: $ZOO_CACHE, or ~/.cache/generative-objectives-zoo."""
    default = "~/.cache/generative-objectives-zoo"
    return pathlib.Path(os.environ.get("ZOO_CACHE", default)).expanduser()


def _from_archive(url, expected):
    folder = cache() / expected
    if _is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            content = _downloaded(url)
            found = hashlib.sha256(content).hexdigest()
            if found != expected:
                raise PretrainedError(f"{url} is not what was asked for: its SHA-256 is {found}.")
            _unpack(content, pathlib.Path(temporary, "files"), url)
            _put(pathlib.Path(temporary, "files"), folder)
    except OSError as error:
        raise PretrainedError(f"Cannot keep {url} in the cache {cache()} ({error}).") from None
    return folder


def _is_whole(folder):
    """True for a folder that was fetched before and is as it was."""
    try:
        manifest.read(folder)
    except (PretrainedError, OSError):
        return False
    return True


def _downloaded(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            content, announced = answer.read(_MOST_BYTES), answer.headers["Content-Length"]
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise PretrainedError(f"Cannot fetch {url} ({error}).") from None
    if announced is not None and len(content) < int(announced):
        raise PretrainedError(
            f"Cannot fetch {url}: {len(content):,} of {int(announced):,} bytes came. Try again."
        )
    return content


def _unpack(content, folder, url):
    """Writes the files of an archive, which may lie in one folder there."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            paths = [pathlib.PurePosixPath(entry.filename) for entry in entries]
            inside = len({path.parent for path in paths}) == 1
            for entry, path in zip(entries, paths, strict=True):
                if not (inside and len(path.parts) <= 2) or {"..", "/"} & set(path.parts):
                    raise PretrainedError(
                        f"{url} holds {entry.filename!r}: a model is one folder of files."
                    )
                (folder / path.name).write_bytes(archive.read(entry))
    except zipfile.BadZipFile:
        raise PretrainedError(f"{url} is no ZIP archive.") from None


def _put(fetched, folder):
    """Renames a fetched folder, unless another process was first; a damaged one makes room."""
    try:
        fetched.rename(folder)
    except OSError:
        if _is_whole(folder):
            return
        folder.rename(fetched.with_name("damaged"))
        fetched.rename(folder)


def _from_hub(repository, revision):
    try:
        import huggingface_hub
    except ImportError:
        raise PretrainedError(
            "Models of the Hugging Face hub need another package: pip install huggingface_hub."
        ) from None
    try:
        found = huggingface_hub.snapshot_download(repository, revision=revision)
    except Exception as error:  # of its own, and of whichever library it fetches by
        reason = str(error).partition("\n")[0]
        raise PretrainedError(f"Cannot fetch hf://{repository} ({reason}).") from None
    return pathlib.Path(found)
