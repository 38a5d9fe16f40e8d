"""Published models from elsewhere: an archive with its hash, or the Hugging Face hub."""

import hashlib
import io
import os
import pathlib
import re
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile

from zoo.errors import PretrainedError

_ARCHIVE = re.compile(r"(https?|file)://.+\.zip#sha256=(?P<sha256>[0-9a-f]{64})")
_HUB = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")
_MOST_BYTES = 2**30


def is_address(text: str) -> bool:
    """Tells addresses from names and paths."""
    return "://" in text


def fetch(address: str) -> tuple[pathlib.Path, str | None]:
    """Brings a published folder here, or finds it where it was brought before.

    Args:
        address: `https://HOST/NAME.zip#sha256=HEX`, an archive of the files of a published folder
            with its SHA-256; or `hf://OWNER/NAME`, `hf://OWNER/NAME@REVISION`, a repository of the
            Hugging Face hub, which needs the package huggingface_hub.

    Returns:
        The folder, and the SHA-256 that its manifest should have; None: it is not known.

    Raises:
        PretrainedError: the address is of neither form, there is no such archive or repository,
            or the archive is not the one of its hash.
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
    if folder.is_dir():
        return folder
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            content = answer.read(_MOST_BYTES)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise PretrainedError(f"Cannot fetch {url} ({error}).") from None
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise PretrainedError(f"{url} is not what was asked for: its SHA-256 is {found}.")
    _unpack(content, folder, url)
    return folder


def _unpack(content, folder, url):
    """Writes the files of an archive beside their place, and renames the folder at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = pathlib.Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if pathlib.PurePosixPath(entry.filename).name != entry.filename:
                    raise PretrainedError(
                        f"{url} holds {entry.filename!r}: a model has no folders."
                    )
                (temporary / entry.filename).write_bytes(archive.read(entry))
        temporary.rename(folder)
    except zipfile.BadZipFile:
        raise PretrainedError(f"{url} is no ZIP archive.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _from_hub(repository, revision):
    try:
        import huggingface_hub
    except ImportError:
        raise PretrainedError(
            "Models of the Hugging Face hub need another package: pip install huggingface_hub."
        ) from None
    try:
        found = huggingface_hub.snapshot_download(repository, revision=revision)
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        reason = str(error).splitlines()[0]
        raise PretrainedError(f"Cannot fetch hf://{repository} ({reason}).") from None
    return pathlib.Path(found)
