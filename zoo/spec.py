"""Reads specs and builds their parts: `"name(key=1)"` -> `zoo.<folder>.<name>.build(key=1)`.

Parts are found by file name, so that adding one is adding a file. Values are
Python literals, read by `ast.literal_eval`: a spec can run no code.
"""

import ast
import dataclasses
import importlib.util
import inspect
import math
import os
import pathlib
import pkgutil
import types
import typing

from zoo.errors import SpecError

# The arguments that are specs themselves, and the folder of what they name.
_MODELS = dict.fromkeys(("generator", "mediator", "data_model"), "models")
_SPECS = _MODELS | {"estimator": "estimators"}


class File(str):
    """The annotation of an argument that is the path of a file: `path: File | None = None`."""


class Trained(str):
    """The annotation of an argument that is a run folder or names a published model."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A spec that has been read: a member of a folder and the arguments for its `build`.

    Attributes:
        text: the spec as it was written.
        name: the member's name.
        arguments: the arguments that are given, which fit `module.build`.
        module: the member.
    """

    text: str
    name: str
    arguments: dict[str, object]
    module: types.ModuleType

    def build(self, *context: object, **overrides: object) -> typing.Any:
        """Builds the part.

        Args:
            *context: positional arguments of `build`, which the caller decides, e.g. the domain.
            **overrides: keyword arguments that the caller, not the spec, decides.

        Returns:
            The result of the member's `build`.

        Raises:
            SpecError: an argument that `build` refuses, or a number beyond 64 bits.
        """
        try:
            built = self.module.build(*context, **self.arguments, **overrides)
        except OverflowError:
            self._require_within_limits()
            raise
        # Only now: many parts say themselves, and better, what a number should be.
        self._require_within_limits()
        return built

    def files(self) -> list[pathlib.Path]:
        """The files that the spec names, in the order of the part's arguments; see `zoo.data`."""
        paths = [self.arguments.get(key) for key in self._of_type(File)]
        return [pathlib.Path(path).expanduser() for path in paths if path is not None]

    def with_absolute_paths(self, is_name: typing.Callable[[str], bool]) -> "Part":
        """The part with absolute paths in its spec; the same one where they are absolute.

        Args:
            is_name: tells whether an argument of the type `Trained` is the name or address of a
                published model, which stays, and not the path of a run folder.
        """
        return self._with_paths(lambda p: os.path.abspath(os.path.expanduser(p)), is_name)

    def without_paths(self, is_name: typing.Callable[[str], bool]) -> "Part":
        """The part with the names of files and run folders in place of their paths.

        Args:
            is_name: see `with_absolute_paths`.
        """
        return self._with_paths(lambda path: pathlib.Path(path).name, is_name)

    def _with_paths(self, change, is_name):
        """The part with changed paths; the same one where none changes."""
        trained = self._of_type(Trained)
        paths = {
            key: change(value)
            for key, value in self.arguments.items()
            if key in self._of_type(File, Trained)
            and value is not None
            and not (key in trained and is_name(value))
        }
        if self.arguments | paths == self.arguments:
            return self
        arguments = self.arguments | paths
        written = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        return Part(f"{self.name}({written})", self.name, arguments, self.module)

    def meaning(self, with_files: bool = True) -> tuple[str, dict]:
        """The name and all arguments, equal for two spellings of the same part.

        Args:
            with_files: whether the files that the spec names are compared.

        Returns:
            The name, and a dict of its arguments: the defaults of those that are not given, lists
            in place of tuples, nested specs as their own meaning, and files as the paths that
            links and working directory lead to.
        """
        settled = defaults(self.module.build) | self.arguments
        for key, value in settled.items():
            if key in self._of_type(File) and not with_files:
                settled[key] = None
            elif key in self._of_type(File, Trained) and value is not None:
                settled[key] = os.path.realpath(os.path.expanduser(value))
            elif key in _SPECS and value is not None:
                settled[key] = read(_SPECS[key], value).meaning()
            elif isinstance(value, tuple):
                settled[key] = list(value)
        return self.name, settled

    def _of_type(self, *types):
        """The arguments of `build` that are annotated with one of some types, or it and None."""
        found = parameters(self.module.build).items()
        return [
            key
            for key, p in found
            if {p.annotation, *typing.get_args(p.annotation)}.intersection(types)
        ]

    def _require_within_limits(self):
        for key, value in self.arguments.items():
            if not is_number_within_limits(value):
                raise SpecError(
                    f"{self.name}: {key}={value!r} should be finite, and a whole number below "
                    f"2^63. {usage(self.name, self.module.build)}"
                )


def read(folder: str, text: str) -> Part:
    """Reads a spec.

    Args:
        folder: one of the folders of `zoo`, such as `"models"`.
        text: the spec.

    Raises:
        SpecError: `text` is no spec, an unknown name, or an unknown, missing or ill-typed
            argument; the message names the accepted ones with their defaults.
    """
    name, arguments = parse(text)
    member = module(folder, name)
    check(name, member.build, arguments)
    return Part(text, name, arguments, member)


def build(folder: str, text: str, *context: object, **overrides: object) -> typing.Any:
    """Builds the part that a spec names: `read(folder, text).build(*context, **overrides)`.

    Raises:
        SpecError: see `read` and `Part.build`.
    """
    return read(folder, text).build(*context, **overrides)


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
    """The names of all parts in `zoo/<folder>`, in alphabetical order; nothing is imported."""
    package = importlib.util.find_spec(f"zoo.{folder}")
    modules = pkgutil.iter_modules(package.submodule_search_locations)
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


def parameters(function: typing.Callable) -> dict[str, inspect.Parameter]:
    """The arguments of `function` that a spec may give: its keyword-only ones."""
    found = inspect.signature(function).parameters
    return {k: p for k, p in found.items() if p.kind is p.KEYWORD_ONLY}


def is_number_within_limits(value: object) -> bool:
    """True for finite numbers, of 64 bits if they are whole, and lists of them.

    Values that are not numbers are within the limits.
    """
    if isinstance(value, (list, tuple)):
        return all(map(is_number_within_limits, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def defaults(function: typing.Callable) -> dict:
    """The default values of the arguments that a spec may leave out."""
    found = parameters(function).items()
    return {key: p.default for key, p in found if p.default is not p.empty}


def usage(name: str, function: typing.Callable) -> str:
    """Shows every argument with its default, in one sentence."""
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
    if annotation in (File, Trained):
        return isinstance(value, str)
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
    names_in_words |= {File: "string", Trained: "string"}
    return names_in_words.get(
        annotation, "None" if annotation is types.NoneType else str(annotation)
    )
