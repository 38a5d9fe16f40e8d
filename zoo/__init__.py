"""A zoo of generative models: which objective should train them, and what comes out?

The same generators trained by maximum likelihood, scheduled sampling and
generalised Jensen–Shannon adversaries, measured by one rule.
Source: F. Huszár, "How (not) to Train your Generative Model", arXiv 1511.05101.

    import zoo

    experiment = zoo.Experiment(
        data="surnames", model="lstm(units=128)", objective="maximum_likelihood", steps=500
    )
    run = zoo.train(experiment, workdir="runs/names")
    print(run.samples(10, prompt="Mac"))
    print(zoo.evaluate(run))

Each folder below holds one kind of part, one file a part. Importing `zoo` imports nothing heavy:
TensorFlow is imported when one of these names is first used.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "Experiment": "zoo.runs.experiment",
    "evaluate": "zoo.runs.evaluation",
    "load": "zoo.runs.loading",
    "load_pretrained": "zoo.runs.loading",
    "train": "zoo.runs.training",
}

__all__ = ["Experiment", "evaluate", "load", "load_pretrained", "train"]


def __getattr__(name: str):
    """Imports a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
