"""Labels, roll-backs and the deletion of old versions, while a server goes on serving."""

import json
import pathlib
import re
import shutil

from export import generated, models_config, several
from export.errors import ExportError
from export.servable import METADATA
from export.versions import WITHDRAWN, exclusive, versions

_LABEL = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)  # it stands in an address
_DELETED = ".deleted-"  # no name of a version: the server lets go of it before it is half gone


def label(model_folder: pathlib.Path, name: str, version: int | None = None) -> int:
    """Gives a version a label, such as stable or canary, and takes it from the one that had it.

    Args:
        model_folder: where the versions are.
        name: the label.
        version: the version; None: the newest.

    Returns:
        The version.

    Raises:
        ExportError: a label that cannot stand in an address, a version that is not there, or a
            models.config that was edited.
    """
    if not _LABEL.fullmatch(name):
        raise ExportError(f"label={name!r} cannot stand in an address: use letters, digits, _.-")
    there = _there(model_folder)
    version = there[-1] if version is None else version
    if version not in there:
        raise ExportError(f"{model_folder} has no version {version}. There are {_listed(there)}.")
    with exclusive(model_folder):
        _write(model_folder, models_config.labels(model_folder) | {name: version})
    return version


def rollback(model_folder: pathlib.Path, name: str | None = None) -> int:
    """Goes back by one version.

    Args:
        model_folder: where the versions are.
        name: the label to move to the version before its own. None: the newest version is taken
            out of service, by renaming its folder to N.withdrawn.

    Returns:
        The version that answers now.

    Raises:
        ExportError: there is no version to go back to, no such label, or the newest version has
            a label.
    """
    there, labels = _there(model_folder), models_config.labels(model_folder)
    if name is not None and name not in labels:
        known = ", ".join(sorted(labels)) or "none"
        raise ExportError(f"{model_folder} has no label {name!r}. Known: {known}.")
    present = there[-1] if name is None else labels[name]
    before = [number for number in there if number < present]
    if not before:
        raise ExportError(f"{model_folder} has no version before {present} to go back to.")
    if name is not None:
        return label(model_folder, name, before[-1])
    holding = [key for key, number in labels.items() if number == present]
    if holding:
        raise ExportError(
            f"Version {present} has the label {holding[0]}: move that with --label={holding[0]}."
        )
    with exclusive(model_folder):
        (model_folder / str(present)).rename(model_folder / f"{present}{WITHDRAWN}")
    return before[-1]


def keep(model_folder: pathlib.Path, count: int) -> list[int]:
    """Deletes all versions but the newest ones.

    A version stays, too, that has a label or is named by models.config, or whose folder does not
    say that `export.export` has written it.

    Args:
        model_folder: where the versions are.
        count: the number of newest versions that stay, at least 1.

    Returns:
        The versions that were deleted.

    Raises:
        ExportError: a count below 1, no versions, or a models.config that cannot be read.
    """
    if count < 1:
        raise ExportError(f"keep={count} should be at least 1.")
    there = _there(model_folder)
    with exclusive(model_folder):
        for rest in model_folder.glob(f"{_DELETED}*"):  # of a deletion that was killed
            shutil.rmtree(rest)
        named = _named(model_folder)
        old = [n for n in there[:-count] if n not in named and _is_ours(model_folder / str(n))]
        for number in old:
            aside = model_folder / f"{_DELETED}{number}"
            (model_folder / str(number)).rename(aside)
            shutil.rmtree(aside)
    return old


def operate(
    output: str,
    model: str,
    name: str | None = None,
    version: str | None = None,
    back: bool = False,
    count: int | None = None,
) -> list[str]:
    """Labels or rolls back, then deletes; see `label`, `rollback` and `keep`.

    Args:
        output: the folder of all exported models.
        model: the model's name.
        name: a label; None: of no label.
        version: the version to be labelled; None: the newest.
        back: whether to roll back.
        count: the number of newest versions to keep; None: all.

    Returns:
        A sentence for each thing that was done, or could not be.

    Raises:
        ExportError: see there, or a version that is no number.
    """
    model_folder, said = pathlib.Path(output, model).expanduser(), []
    if version is not None and not (version.isascii() and version.isdigit()):
        raise ExportError(f"version={version!r} should be a whole number.")
    if back:
        answers = rollback(model_folder, name)
        whom = "Requests that name no version" if name is None else f"Requests for {name}"
        said.append(f"{whom} are answered by version {answers}.")
    elif name is not None:
        said.append(
            f"Version {label(model_folder, name, version and int(version))} has the label {name}."
        )
    if count is not None:
        old = keep(model_folder, count)
        said.append(f"Deleted versions: {_listed(old) if old else 'none'}.")
    return said + several.refresh(model_folder.parent)


def _there(model_folder):
    there = versions(model_folder) if model_folder.is_dir() else []
    if not there:
        raise ExportError(f"{model_folder} has no versions: export a run there first.")
    return there


def _write(model_folder, labels):
    if generated.is_edited(model_folder / models_config.FILE):
        wanted = ", ".join(f"{key}: {number}" for key, number in sorted(labels.items()))
        raise ExportError(
            f"{model_folder / models_config.FILE} was edited and stays as it is. Give its "
            f"version_labels these values there: {wanted}."
        )
    text = models_config.text(model_folder.name, labels)
    generated.write(model_folder, {models_config.FILE: text})


def _named(model_folder):
    """The versions that models.config names, by a label or to be served."""
    if not (model_folder / models_config.FILE).exists():
        return set()
    named = set()
    for one in models_config.read(model_folder / models_config.FILE):
        named |= {*one.version_labels.values(), *one.model_version_policy.specific.versions}
    return named


def _is_ours(folder):
    """Tells if `export.export` wrote a version: it records the run."""
    try:
        metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not folder.is_symlink() and isinstance(metadata, dict) and "run" in metadata


def _listed(numbers):
    return ", ".join(map(str, numbers))
