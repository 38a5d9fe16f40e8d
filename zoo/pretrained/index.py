"""Finds published models: in this package, in a folder, or at an address."""

import difflib
import json
import os
import pathlib

from zoo.errors import PretrainedError
from zoo.pretrained import addresses, manifest

MODELS = pathlib.Path(__file__).parent / "models"
_INDEX = "index.json"


def names() -> list[str]:
    """The names of the models that come with this package, in alphabetical order."""
    return sorted(_read())


def summaries() -> dict[str, str]:
    """One line on each model that comes with this package, by name."""
    return {name: entry["summary"] for name, entry in sorted(_read().items())}


def locate(address: str | os.PathLike) -> pathlib.Path:
    """The folder of a published model, each of whose files is checked against its SHA-256.

    Args:
        address: a name of `names`; a folder that `publish` has written; or an address that
            `zoo.pretrained.addresses` fetches.

    Raises:
        PretrainedError: there is no such model, it cannot be fetched, or a file of it is missing
            or damaged.
    """
    text = os.fspath(address)
    entry = _read().get(text)
    if entry is not None:
        folder, expected = MODELS / text, entry["sha256"]
    elif addresses.is_address(text):
        folder, expected = addresses.fetch(text)
    else:
        folder, expected = pathlib.Path(text).expanduser(), None
        if not folder.is_dir():
            raise PretrainedError(_unknown(text))
    manifest.read(folder, expected)
    return folder


def address_of(folder: pathlib.Path) -> str:
    """The address of a located model: its name if it comes with this package, else its folder."""
    return folder.name if folder.parent == MODELS else os.fspath(folder)


def is_name(address: str | os.PathLike) -> bool:
    """Tells names and addresses, which are the same from everywhere, from paths."""
    text = os.fspath(address)
    return text in _read() or addresses.is_address(text)


def is_published(address: str | os.PathLike) -> bool:
    """Tells published models from run folders: by a name, an address, or a manifest."""
    return is_name(address) or (pathlib.Path(address).expanduser() / manifest.FILE).is_file()


def add(name: str, sha256: str, summary: str) -> None:
    """Enters a model whose folder stands in `MODELS`, in place of one of the same name."""
    entries = _read() | {name: {"sha256": sha256, "summary": summary}}
    content = {"format": manifest.FORMAT, "models": dict(sorted(entries.items()))}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    unfinished = MODELS / f"{_INDEX}.tmp"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(MODELS / _INDEX)  # a kill leaves the old one or the new one


def _read():
    path = MODELS / _INDEX
    try:
        return json.loads(path.read_text(encoding="utf-8"))["models"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise PretrainedError(f"{path} is damaged. Install the package again.") from None


def _unknown(text):
    near = difflib.get_close_matches(text, names(), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return (
        f"There is no pretrained model {text!r}.{hint} `zoo list` shows those there are; or give "
        "a published folder, or an address such as hf://owner/name."
    )
