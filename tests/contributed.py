"""The members in CONTRIBUTING.md, dropped into their packages as they stand."""

import contextlib
import importlib
import pathlib
import re
import sys
from collections.abc import Iterator

DOCUMENT = pathlib.Path(__file__).parents[1] / "CONTRIBUTING.md"
MEMBERS = re.findall(
    r"^```python\n# zoo/(\w+)/(\w+)\.py\n(.*?)^```$",
    DOCUMENT.read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@contextlib.contextmanager
def members(root: pathlib.Path) -> Iterator[None]:
    """A file for each member, in a folder below `root` that is a part of its package meanwhile."""
    for folder, name, source in MEMBERS:
        (root / folder).mkdir(exist_ok=True)
        (root / folder / f"{name}.py").write_text(source, encoding="utf-8")
        importlib.import_module(f"zoo.{folder}").__path__.append(str(root / folder))
    yield
    for folder, name, _ in MEMBERS:
        sys.modules[f"zoo.{folder}"].__path__.remove(str(root / folder))
        sys.modules.pop(f"zoo.{folder}.{name}", None)
