"""Documentation of arguments that the `build` of several members have in common."""

import inspect
import textwrap
from collections.abc import Callable

_WIDTH = 96  # of a line, before the docstring's own indentation


def documented(shared: dict[str, str], raises: str, **own: str) -> Callable:
    """Decorator that adds an "Args:" and a "Raises:" section to the docstring of a `build`.

    Args:
        shared: descriptions of arguments that several members have.
        raises: the description of the SpecError.
        **own: descriptions of the member's own arguments, or of what they mean to it.

    Raises:
        KeyError: an argument of `build` has no description.
    """
    descriptions = shared | own

    def decorate(build):
        names = inspect.signature(build).parameters
        sections = [inspect.getdoc(build), "", "Args:"]
        sections += [_filled(name, descriptions[name]) for name in names]
        build.__doc__ = "\n".join([*sections, "", "Raises:", _filled("SpecError", raises)])
        return build

    return decorate


def _filled(name, description):
    text = f"{name}: {description}"
    return textwrap.fill(text, _WIDTH, initial_indent=4 * " ", subsequent_indent=8 * " ")
