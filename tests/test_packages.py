"""Where packages for evaluation are absent, each way to it says what to install."""

import pytest

from zoo import packages
from zoo.commands import evaluate, publish
from zoo.errors import ZooError
from zoo.runs.evaluation import Settings


@pytest.mark.parametrize(
    "begin", [packages.require_for_evaluation, Settings, evaluate.main, publish.main]
)
def test_an_absent_package_is_told_with_what_to_install(monkeypatch, begin):
    monkeypatch.setitem(packages.EVALUATION, "no_such_module", "no-such-package")
    with pytest.raises(ZooError, match=r"Install them by: pip install no-such-package$"):
        begin()
