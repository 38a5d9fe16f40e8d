"""Writes what one TensorFlow Serving needs to serve all models of a folder.

    python -m export.several served

writes models.config, batching.config, monitoring.config, docker-compose.yml and kubernetes.yaml
beside the models' folders; later exports, labels and roll-backs there keep them up to date. Files
that were edited stay as they are. Nothing is written where a models.config names a folder without
versions: a server with one such model opens no port for any.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from export import generated, kit, models_config
from export.batching import Batching
from export.errors import ExportError
from export.versions import versions

_MOUNT = "/models"
_HEAD = "# For tensorflow_model_server --model_config_file: the models of this folder.\n"


def write(folder: pathlib.Path) -> list[str]:
    """Writes the files for all models of a folder.

    Args:
        folder: the folder of exported models.

    Returns:
        The names of the files that were left because they were edited.

    Raises:
        ExportError: no models, or one that could not be served; nothing is written then.
    """
    configs = sorted(folder.glob(f"*/{models_config.FILE}"))
    models = [model for path in configs for model in models_config.read(path)]
    if not models:
        raise ExportError(f"{folder} has no exported models: give the --output of their exports.")
    check(folder, models)
    merged = folder / models_config.FILE
    if generated.is_edited(merged):
        check(folder, models_config.read(merged))
    texts = kit.files(folder.resolve().name, _MOUNT, models[0].name)
    texts[models_config.FILE] = _merged(models)
    texts["batching.config"] = Batching().config
    return generated.write(folder, texts)


def refresh(folder: pathlib.Path) -> list[str]:
    """Brings the files of a folder up to date if `write` has written some there.

    Returns:
        A sentence for each file that stays as it is, or the reason why all do.
    """
    if not (folder / generated.RECORD).is_file():
        return []
    try:
        return [f"{folder / name} was edited and stays as it is." for name in write(folder)]
    except ExportError as error:
        return [f"The files in {folder} stay as they are. {error}"]


def check(folder: pathlib.Path, models: list) -> None:
    """Refuses models that keep a server, which has `folder` as /models, from opening its ports.

    Raises:
        ExportError: a name or base path twice, a base path without versions, or a label of a
            version that is not there.
    """
    names, paths = set(), set()
    for model in models:
        if model.name in names or model.base_path in paths:
            raise ExportError(f"{model.name} is served twice, or from the folder of another model.")
        names.add(model.name)
        paths.add(model.base_path)
        inside = _inside(folder, model)
        there = [n for n in versions(inside) if (inside / str(n) / "saved_model.pb").is_file()]
        if not there:
            raise ExportError(_no_versions(model, f"{inside} has none"))
        for label, number in model.version_labels.items():
            if number not in there:
                raise ExportError(
                    f"{model.name}: the label {label} is of version {number}, which is not in "
                    f"{inside}."
                )


def _inside(folder, model):
    """The folder that the server would find at a model's base path."""
    path = pathlib.PurePosixPath(model.base_path)
    if not path.is_relative_to(_MOUNT) or not folder.joinpath(path.relative_to(_MOUNT)).is_dir():
        raise ExportError(_no_versions(model, f"it is no folder of {folder}, which is {_MOUNT}"))
    return folder.joinpath(path.relative_to(_MOUNT))


def _no_versions(model, reason):
    return (
        f"{model.name}: no versions at base_path {model.base_path!r}: {reason}. With one such "
        "model the server opens no port for any. Mend its models.config."
    )


def _merged(models):
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.extend(models)
    return _HEAD + text_format.MessageToString(config)


def main(arguments: list[str]) -> int:
    """Writes the files and tells of them; the status is 1 where that cannot be."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    folder = pathlib.Path(arguments[0])
    try:
        edited = write(folder)
    except ExportError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    for name in edited:
        print(f"{folder / name} was edited and stays as it is.")
    print(f"Serve the models of {folder}: cd {folder} && docker compose up -d")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
