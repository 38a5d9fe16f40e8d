"""A part by its spec: `"name(key=value, ...)"` -> `zoo.<folder>.<name>.build(**kwargs)`.

Parts are found by file name, so that adding one is adding a file. Values are
Python literals, read by `ast.literal_eval`: a spec can run no code.
"""

import ast
import importlib
import inspect
import math
import os
import pathlib
import pkgutil
import types
import typing

from zoo.errors import SpecError

# The arguments that are specs themselves, and the folder of what they name.
_SPECS = {"generator": "models", "mediator": "models", "estimator": "estimators"}


def parse(text: str) -> tuple[str, dict]:
    """Splits a spec into its name and its keyword arguments.

    Args:
        text: `"name"` or `"name(key=literal, ...)"`.

    Returns:
        The name, and the arguments as a dict.

    Raises:
        SpecError: `text` is not of this form.

    Example:
        >>> parse("lstm(units=512, dropout=0.4)")
        ('lstm', {'units': 512, 'dropout': 0.4})
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if isinstance(node, ast.Name):
            return node.id, {}
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.args:
            raise ValueError
        given = [keyword.arg for keyword in node.keywords]
        if None in given or len(given) > len(set(given)):  # `**kwargs`, or an argument twice
            raise ValueError
        return node.func.id, {k.arg: ast.literal_eval(k.value) for k in node.keywords}
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise SpecError(
            f"Cannot read the spec {text!r}. Write name or name(key=value, ...), with numbers, "
            "quoted strings, True, False, None or lists as values, such as lstm(units=512)."
        ) from None


def names(folder: str) -> list[str]:
    """The names of all parts in `zoo/<folder>`, in alphabetical order."""
    package = importlib.import_module(f"zoo.{folder}")
    modules = pkgutil.iter_modules(package.__path__)
    return sorted(m.name for m in modules if not m.ispkg and not m.name.startswith("_"))


def module(folder: str, name: str) -> types.ModuleType:
    """The module of one part.

    Raises:
        SpecError: there is none of this name; the message lists those there are.
    """
    known = names(folder)
    if name not in known:
        raise SpecError(f"There is no {name!r} in {folder}. Known: {', '.join(known)}.")
    return importlib.import_module(f"zoo.{folder}.{name}")


def build(folder: str, text: str, *context, **overrides):
    """Builds the part that a spec names.

    Args:
        folder: one of the folders of `zoo`, such as `"models"`.
        text: the spec.
        *context: what `build` takes besides the user's arguments, such as the example spec.
        **overrides: keyword-only arguments that the caller, not the spec, decides.

    Returns:
        What the part's `build` returns.

    Raises:
        SpecError: an unknown name, or an unknown or ill-typed argument; the message names
            the accepted ones with their defaults.
    """
    name, arguments = parse(text)
    function = module(folder, name).build
    check(name, function, arguments)
    try:
        built = function(*context, **arguments, **overrides)
    except OverflowError:
        _require_within_limits(name, function, arguments)
        raise
    # Only now: many parts say themselves, and better, what a number should be.
    _require_within_limits(name, function, arguments)
    return built


def check(name: str, function: typing.Callable, arguments: dict) -> None:
    """Raises SpecError unless `arguments` fit the spec arguments of `function`."""
    accepted = parameters(function)
    for key, value in arguments.items():
        if key not in accepted:
            raise SpecError(f"{name} takes no argument {key!r}. {usage(name, function)}")
        if not _fits(value, accepted[key].annotation):
            raise SpecError(
                f"{name}: {key}={value!r} should be {_words(accepted[key].annotation)}. "
                f"{usage(name, function)}"
            )
    for key, parameter in accepted.items():
        if parameter.default is parameter.empty and key not in arguments:
            raise SpecError(f"{name} needs the argument {key!r}. {usage(name, function)}")


def _require_within_limits(name, function, arguments):
    for key, value in arguments.items():
        if not is_number_within_limits(value):
            raise SpecError(
                f"{name}: {key}={value!r} should be finite, and a whole number below 2^63. "
                f"{usage(name, function)}"
            )


def parameters(function: typing.Callable) -> dict[str, inspect.Parameter]:
    """The arguments of `function` that a spec may give: its keyword-only ones."""
    found = inspect.signature(function).parameters
    return {k: p for k, p in found.items() if p.kind is p.KEYWORD_ONLY}


def is_number_within_limits(value) -> bool:
    """Says of a number, and of all in a list, that it is finite and of 64 bits if it is whole.

    Anything else is within the limits.
    """
    if isinstance(value, (list, tuple)):
        return all(map(is_number_within_limits, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def files(folder: str, text: str) -> list[pathlib.Path]:
    """The files that a spec names, in the order of the part's arguments; see `zoo.data`."""
    name, arguments = parse(text)
    paths = [arguments.get(key) for key in getattr(module(folder, name), "FILES", ())]
    return [pathlib.Path(path).expanduser() for path in paths if path is not None]


def with_absolute_paths(folder: str, text: str) -> str:
    """The spec with absolute paths of its files; the same text where they are absolute."""
    name, arguments = parse(text)
    paths = {
        key: os.path.abspath(os.path.expanduser(arguments[key]))
        for key in getattr(module(folder, name), "FILES", ())
        if arguments.get(key) is not None
    }
    if arguments | paths == arguments:
        return text
    written = ", ".join(f"{key}={value!r}" for key, value in (arguments | paths).items())
    return f"{name}({written})"


def meaning(folder: str, text: str, with_files: bool = True) -> tuple[str, dict]:
    """What a spec stands for, however it is spelt: its name and all of its arguments.

    Args:
        folder: see `build`.
        text: the spec.
        with_files: whether the files that it names are part of what it means.

    Returns:
        The name, and a dict of its arguments: the defaults of those that are not given, lists in
        place of tuples, specs within the spec as what they mean, and files as the paths that
        links and working directory lead to.
    """
    name, arguments = parse(text)
    part = module(folder, name)
    names_of_files, settled = getattr(part, "FILES", ()), defaults(part.build) | arguments
    for key, value in settled.items():
        if key in names_of_files and value is not None:
            settled[key] = os.path.realpath(os.path.expanduser(value)) if with_files else None
        elif key in _SPECS and value is not None:
            settled[key] = meaning(_SPECS[key], value)
        elif isinstance(value, tuple):
            settled[key] = list(value)
    return name, settled


def defaults(function: typing.Callable) -> dict:
    """The arguments that a spec may leave out, and what they are then."""
    found = parameters(function).items()
    return {key: p.default for key, p in found if p.default is not p.empty}


def usage(name: str, function: typing.Callable) -> str:
    """One sentence that shows every argument with its default."""
    shown = [
        key if p.default is p.empty else f"{key}={p.default!r}"
        for key, p in parameters(function).items()
    ]
    return f"It is written {name}({', '.join(shown)})."


def _fits(value, annotation) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in typing.get_args(annotation))
    if origin is typing.Literal:
        return value in typing.get_args(annotation)
    if origin is list:
        (item,) = typing.get_args(annotation)
        return isinstance(value, (list, tuple)) and all(_fits(v, item) for v in value)
    if annotation is None or annotation is types.NoneType:
        return value is None
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def _words(annotation) -> str:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_words(choice) for choice in typing.get_args(annotation))
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(choice) for choice in typing.get_args(annotation))
    if origin is list:
        return f"a list of {_words(typing.get_args(annotation)[0])}"
    names_in_words = {float: "number", int: "whole number", str: "string", bool: "True or False"}
    return names_in_words.get(
        annotation, "None" if annotation is types.NoneType else str(annotation)
    )
