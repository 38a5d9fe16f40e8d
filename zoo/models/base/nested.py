"""A model within a model's spec."""

import typing

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.models.base.sequence_model import SequenceModel


def autoregressive(text: str, domain: domains.Text, owner: str) -> SequenceModel:
    """The sequence model of a nested spec, as maximum likelihood would train it.

    Args:
        text: the spec of a member of `zoo.models`.
        domain: the domain.
        owner: the name of the model that is built around it.

    Raises:
        SpecError: the spec is wrong, or names a model of another kind.
    """
    name, _ = spec.parse(text)
    if not _fits(name, type(domain)):
        known = ", ".join(name for name in spec.names("models") if _fits(name, type(domain)))
        raise SpecError(
            f"{owner}: {text!r} is no autoregressive model of {domain.kind}. Known: {known}."
        )
    return spec.build("models", text, domain)


def _fits(name, domain):
    types = typing.get_type_hints(spec.module("models", name).build)
    accepted = typing.get_args(types["domain"]) or (types["domain"],)
    return issubclass(types["return"], SequenceModel) and domain in accepted
