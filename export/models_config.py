"""The models.config of a model: which versions TensorFlow Serving serves, under which labels."""

import pathlib

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from export.errors import ExportError

FILE = "models.config"

_HEAD = "# For tensorflow_model_server --model_config_file.\n"
_NEWEST = "# The newest version is served.\n"
_LABELLED = """\
# All versions are served, so that a label moves without a moment in which it has no version: the
# server moves one only to a version that it has loaded already. A request names a label in its
# address, /v1/models/{name}/labels/LABEL; one that names none is answered by the newest version.
"""

_CONFIG = """\
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
{policy}  }}
"""
_ALL = "    model_version_policy { all {} }\n"


def text(name: str, labels: dict[str, int]) -> str:
    """The content of a models.config of one model.

    Args:
        name: the model's name.
        labels: the version of each label; empty: the newest version is served.
    """
    policy = "".join([_ALL, *map(_label, sorted(labels.items()))]) if labels else ""
    explanation = _LABELLED.format(name=name) if labels else _NEWEST
    config = _CONFIG.format(name=name, policy=policy)
    return f"{_HEAD}{explanation}model_config_list {{\n{config}}}\n"


def read(path: pathlib.Path) -> list[model_server_config_pb2.ModelConfig]:
    """Reads the models of a models.config, edited or not.

    Raises:
        ExportError: the file is not there, or is none.
    """
    try:
        content = path.read_text(encoding="utf-8")
        parsed = text_format.Parse(content, model_server_config_pb2.ModelServerConfig())
    except OSError as error:
        raise ExportError(f"Cannot read {path} ({error.strerror}).") from None
    except (UnicodeDecodeError, text_format.ParseError) as error:
        reason = str(error).splitlines()[0]
        raise ExportError(f"{path} is no models.config ({reason}). Mend or remove it.") from None
    return list(parsed.model_config_list.config)


def labels(model_folder: pathlib.Path) -> dict[str, int]:
    """The versions that the labels of a model's models.config stand for; of none without one.

    Raises:
        ExportError: the file is no models.config.
    """
    path = model_folder / FILE
    if not path.exists():
        return {}
    return {label: number for one in read(path) for label, number in one.version_labels.items()}


def _label(item):
    label, version = item
    return f'    version_labels {{ key: "{label}" value: {version} }}\n'
