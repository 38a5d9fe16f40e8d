"""Writes docs/reference.md from the signatures and docstrings of the code.

    python -m experiments.reference

The page lists every spec with its arguments, found by the files in the member folders of `zoo`,
and the public Python interface, by the names in `PYTHON`.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools
import inspect
import pkgutil
import re
import textwrap
import types
import typing

from zoo import spec

PATH = pathlib.Path(__file__).parent.parent / "docs/reference.md"

# Member folder -> its heading, and where its specs are given.
FOLDERS = {
    "data": ("Data", "Given as `--data`."),
    "models": ("Models", "Given as `--model`."),
    "objectives": ("Objectives", "Given as `--objective`."),
    "estimators": (
        "Gradient estimators",
        "Given as the argument `estimator` of an adversarial objective, as a quoted string.",
    ),
    "samplers": (
        "Samplers",
        "Given as `--sampler` of `sample.py`, `evaluate.py` and the export, for autoregressive "
        "models.",
    ),
    "metrics": (
        "Metrics",
        "Given by name, as `--metrics=nll,c2st` of `evaluate.py`; by default all that apply. "
        "[evaluation.md](evaluation.md) explains how to read them.",
    ),
}
PYTHON = {
    "Runs": (
        "zoo.Experiment",
        "zoo.train",
        "zoo.load",
        "zoo.load_pretrained",
        "zoo.runs.run.Run",
        "zoo.evaluate",
        "zoo.metrics.Measurement",
        "export.export",
        "export.export_form",
    ),
    "Divergences": (
        "zoo.divergences.kl",
        "zoo.divergences.reverse_kl",
        "zoo.divergences.generalised_js",
        "zoo.divergences.binary_entropy",
        "zoo.divergences.estimates.monte_carlo_kl",
        "zoo.divergences.estimates.monte_carlo_generalised_js",
        "zoo.divergences.distillation.GeneralisedJensenShannon",
    ),
    "Theory": (
        "zoo.theory.figure1.fit",
        "zoo.theory.figure1.fit_kl",
        "zoo.theory.figure1.fit_reverse_kl",
        "zoo.theory.figure1.local_minima",
        "zoo.theory.kept_modes.optimum",
        "zoo.theory.scheduled_sampling.idealised_optimum",
        "zoo.theory.scheduled_sampling.algorithm_optimum",
        "zoo.theory.scheduled_sampling.argmax_optimum",
        "zoo.theory.scheduled_sampling.mutual_information",
        "zoo.theory.little_data.expected_kl",
        "zoo.theory.little_data.best_keep_probability",
    ),
}

HEAD = """\
# Reference

All specs with their arguments, and the public Python interface. `make reference` writes this page
from the signatures and docstrings of the code.

A spec is `name` or `name(key=value, ...)`. Values are Python literals: numbers, quoted strings,
`True`, `False`, `None` and lists. For an unknown name or argument the error lists the known ones.
"""


def document() -> str:
    """Formats the whole page, in Markdown."""
    parts = [HEAD.rstrip(), _contents()]
    for folder, (title, usage) in FOLDERS.items():
        parts += [f"## {title}", usage]
        for name in spec.names(folder):
            parts += _member(folder, name)
    for title, paths in PYTHON.items():
        parts.append(f"## Python: {title.lower()}")
        for path in paths:
            parts += _public(path)
    return "\n\n".join(parts) + "\n"


def _contents():
    """Formats a table of links to all members."""
    rows = ["| folder | members |", "|---|---|"]
    for folder, (title, _) in FOLDERS.items():
        links = " ".join(f"[`{name}`](#{name})" for name in spec.names(folder))
        rows.append(f"| {title} | {links} |")
    for title, paths in PYTHON.items():
        links = " ".join(f"[`{path}`](#{path.replace('.', '').lower()})" for path in paths)
        rows.append(f"| Python: {title.lower()} | {links} |")
    return "\n".join(rows)


def _member(folder, name):
    """Formats a member: its spec with all defaults, a summary, and its arguments."""
    module = spec.module(folder, name)
    summary = _escaped(_paragraph(module))
    if folder == "metrics":
        return [f"### {name}", summary]
    arguments = spec.parameters(module.build)
    shown = f"`{name}({', '.join(map(_argument, arguments.values()))})`"
    return [f"### {name}", shown, summary + _domains(module.build), *_table(module.build)]


def _public(path):
    """Formats a function or class: its signature, a summary, its arguments and its methods."""
    value = pkgutil.resolve_name(path)
    name = path.rpartition(".")[2]
    signature = inspect.signature(value)
    shown = f"`{name}({', '.join(map(_argument, signature.parameters.values()))})`"
    return [f"### {path}", shown, _escaped(_paragraph(value)), *_table(value), *_methods(value)]


def _argument(parameter):
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return str(parameter.replace(annotation=parameter.empty))
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={parameter.default!r}"


def _domains(build):
    """Names the domains that a model accepts, from the type of its first argument."""
    parameters = inspect.signature(build).parameters.values()
    annotations = [p.annotation for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    classes = [c for a in annotations for c in typing.get_args(a) or (a,)]
    names = [c.__name__.lower() for c in classes if c.__module__.startswith("zoo.domains")]
    return f" Domain: {' or '.join(names)}." if names else ""


def _table(value):
    """Formats what the docstring says of each argument or attribute, as a table or nothing."""
    parameters = inspect.signature(value).parameters
    described = _section(value, "Args") or _section(value, "Attributes")
    rows = [
        f"| `{name}` | {_type(parameters[name].annotation)} | {_escaped(text)} |"
        for name, text in described.items()
        if name in parameters and not _is_context(value, parameters[name])
    ]
    return ["\n".join(["| argument | type | meaning |", "|---|---|---|", *rows])] if rows else []


def _is_context(value, parameter):
    """Tells whether an argument of a member's `build` is given by the zoo and not in the spec."""
    return value.__name__ == "build" and parameter.kind is not parameter.KEYWORD_ONLY


def _methods(value):
    """Formats the public methods and properties of a class with their summaries."""
    if not inspect.isclass(value):
        return []
    rows = []
    for name, member in vars(value).items():
        shown, function = name, member
        if isinstance(member, property):
            function = member.fget
        elif isinstance(member, functools.cached_property):
            function = member.func
        elif inspect.isfunction(member):
            _, *arguments = inspect.signature(member).parameters.values()
            shown = f"{name}({', '.join(map(_argument, arguments))})"
        if inspect.isfunction(function) and not name.startswith("_"):
            rows.append(f"| `{shown}` | {_escaped(_paragraph(function))} |")
    return ["\n".join(["| member | |", "|---|---|", *rows])] if rows else []


def _type(annotation):
    """Formats a type as the reader of a spec writes its values."""
    if annotation is inspect.Parameter.empty:
        return ""
    if isinstance(annotation, str):  # of a module that imports the types only to check them
        return " or ".join(f"`{each}`" for each in annotation.split(" | "))
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f"`{choice!r}`" for choice in typing.get_args(annotation))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(map(_type, typing.get_args(annotation)))
    if typing.get_origin(annotation) is not None:
        return f"`{annotation}`"
    if annotation is types.NoneType:
        return "`None`"
    return f"`{getattr(annotation, '__name__', annotation)}`"


def _paragraph(value):
    """Returns the first paragraph of a docstring as one line."""
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())


def _section(value, title):
    """Returns name -> text of a section of a docstring in Google's style."""
    found = re.search(rf"^{title}:\n((?:[ ]+.*\n|\n)*)", f"{inspect.getdoc(value)}\n", re.MULTILINE)
    body = textwrap.dedent(found[1]) if found else ""
    entries = re.findall(r"^\**(\w+): (.*(?:\n(?:[ ].*|$))*)", body, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _escaped(text):
    """Escapes what Markdown would read as markup, outside of code; bold stays."""
    parts = text.split("`")
    markup = r"[<>]|(?<!\*)\*(?!\*)|(?<!\w)_|_(?!\w)"
    parts[::2] = [re.sub(markup, r"\\\g<0>", part) for part in parts[::2]]
    return "`".join(parts).replace("|", r"\|")


def main() -> None:
    """Writes the page."""
    PATH.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
