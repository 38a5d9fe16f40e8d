"""Where packages for evaluation are absent, each way to it says what to install."""

import subprocess
import sys

import pytest

from zoo.errors import ZooError
from zoo.runs.evaluation import Settings

ABSENT = ("jinja2", "matplotlib", "scipy", "sklearn")
SENTENCE = "Install them by: pip install jinja2 matplotlib scipy scikit-learn"


def test_absent_packages_are_told_with_what_to_install(monkeypatch):
    for name in ABSENT:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ZooError, match=SENTENCE):
        Settings()


def test_the_command_says_so_before_it_imports_them():
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({ABSENT})); "
        "sys.argv = ['zoo', 'evaluate', '--pretrained=surnames_lstm']; "
        "from zoo.commands import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert SENTENCE in done.stderr
    assert "Traceback" not in done.stderr
