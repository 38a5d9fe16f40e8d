"""The card of a published model: its README, written from the run and what was measured."""

import dataclasses
import json
import math
import operator
import pathlib
import re
import shlex
import typing

from zoo.errors import require

_HERE = pathlib.Path(__file__).parent
# Shown of what was measured, where there is more than a card can hold: in this order.
_FIRST = (
    *("nll@validation", "nll", "bits_per_character@validation", "bits_per_character"),
    *("perplexity@validation", "perplexity"),
    *("lenet_fd", "precision", "recall", "coverage", "num_classes_seen", "parzen"),
    *("divergence_bound", "bleu_2", "bleu_4", "self_bleu_4", "novelty", "length_tv"),
)


@dataclasses.dataclass(frozen=True)
class Facts:
    """The part of a card that neither the run nor its metrics know.

    Attributes:
        name: the model's name.
        summary: one line.
        data_id: a key of `data_licences.json`; or of other data a name, with the two below.
        command: what trains the model again.
        hardware: the processor, and how many of its cores.
        minutes: how long training took there.
        failures: known failures, a sentence each.
        data_flag: the `--data=` to give where the data are files of one's own; None elsewhere.
        data_about: what data of no key are, in a few words.
        data_licence: their licence.

    Raises:
        SpecError: the name is no identifier; or data_id no key, and not described.
    """

    name: str
    summary: str
    data_id: str
    command: str
    hardware: str
    minutes: int
    failures: tuple[str, ...] = ()
    data_flag: str | None = None
    data_about: str | None = None
    data_licence: str | None = None

    def __post_init__(self):
        """Refuses before anything is measured."""
        require(self.name.isidentifier(), f"name={self.name!r} should be letters, digits and _.")
        known = sorted(_json("data_licences.json"))
        described = self.data_about is not None and self.data_licence is not None
        require(
            self.data_id in known or described,
            f"data_id={self.data_id!r} is unknown. Known: {', '.join(known)}. Describe other data "
            "by data_about and data_licence.",
        )

    @property
    def licence(self) -> dict[str, str]:
        """The data's `id`, `licence` and description, `about`."""
        given = {"id": self.data_id, "licence": self.data_licence, "about": self.data_about}
        return _json("data_licences.json").get(self.data_id, given)

    @classmethod
    def from_json(cls, path: pathlib.Path) -> "Facts":
        """Reads a JSON object with the names above.

        Raises:
            SpecError: the file is no such object, a value is of another type, or `Facts` refuses
                it.
        """
        fields = dataclasses.fields(cls)
        needed = [field.name for field in fields if field.default is dataclasses.MISSING]
        known = [field.name for field in fields]
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # no text, or no JSON
            given = None
        require(
            isinstance(given, dict) and set(needed) <= set(given) <= set(known),
            f"{path} should be a JSON object with {', '.join(needed)}, and if need be "
            f"{', '.join(known[len(needed) :])}.",
        )
        failures = _sentences(given.pop("failures", []))
        for name, value in given.items():
            type_ = typing.get_type_hints(cls)[name]
            require(
                isinstance(value, type_),
                f"{path}: {name} should be {_IN_WORDS[type_]}; received {value!r}.",
            )
        return cls(**given, failures=failures)


_IN_WORDS = {str: "text", int: "a whole number", str | None: "text, or left out"}


def _sentences(given):
    require(
        isinstance(given, list) and all(isinstance(one, str) for one in given),
        "failures should be a list of sentences, such as "
        f'["Some are cut off."]; received {given!r}.',
    )
    return tuple(given)


def card(facts: Facts, record: dict, metrics: dict, sample: str, num_weights: int) -> str:
    """Renders the card in Markdown, with the front matter of the Hugging Face hub.

    Args:
        facts: see `Facts`.
        record: experiment.json.
        metrics: metrics.json, measured on the published weights.
        sample: how samples are shown: Markdown.
        num_weights: the number of the generator's weights.
    """
    import jinja2  # which is part of an extra, `evaluation`

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string((_HERE / "card.md.jinja").read_text(encoding="utf-8"))
    measured = ordered(metrics["metrics"])
    published = published_for(facts.data_id)
    beside = published and together(measured, published["metric"], published["splits"])
    flag = facts.data_flag and f" \\\n    --data={quoted(facts.data_flag)}"
    return template.render(
        facts=facts,
        kind=record["example"]["kind"],
        licence=facts.licence,
        experiment=record["experiment"],
        objective_name=record["experiment"]["objective"].partition("(")[0],
        sample=sample,
        num_weights=num_weights,
        step=metrics["experiment"]["step"],
        trained_versions=_versions(record["versions"]),
        measured_versions=_versions(metrics["versions"]),
        measured=measured,
        figure=figure,
        ceiling=lambda one: "" if one["ceiling"] is None else f"{one['ceiling']:.3f}",
        published=published if beside else None,
        beside=beside,
        data_flag=flag or "",
        count=metrics["evaluation"]["count"],
        hardware=metrics["hardware"],
        quoted=quoted,
    )


def published_for(data_id: str) -> dict | None:
    """Returns published results on a data set, or None.

    Args:
        data_id: a key of `published.json`.

    Returns:
        `metric` and `splits`, what to compare; the `unit`; and `results`, each with `model`,
        `result`, text such as "225 ± 2", and `source`.
    """
    return _json("published.json").get(data_id)


def together(measured: dict, metric: str, splits: list[str]) -> dict | None:
    """A metric on several splits as if they were one: the mean, weighted by their counts.

    Args:
        measured: measurements by name, as in metrics.json.
        metric: the name of a metric that is a mean over examples or tokens.
        splits: names of splits.

    Returns:
        `value`, `standard_error` and, of a mean over seeds, the `values` of the seeds; None if the
        metric was not measured on all of them.
    """
    names = [metric if split == "test" else f"{metric}@{split}" for split in splits]
    if any(name not in measured or measured[name]["value"] is None for name in names):
        return None
    parts = [measured[name] for name in names]
    total = sum(part["count"] for part in parts)
    weights = [part["count"] / total for part in parts]

    def weighted(name):
        return [weight * part[name] for weight, part in zip(weights, parts, strict=True)]

    known = all(part["standard_error"] is not None for part in parts)
    found = {
        "value": sum(weighted("value")),
        "standard_error": math.hypot(*weighted("standard_error")) if known else None,
    }
    if all("values" in part for part in parts):
        of_seeds = zip(*(part["values"] for part in parts), strict=True)
        found["values"] = [sum(map(operator.mul, weights, values)) for values in of_seeds]
    return found


def ordered(measured: dict) -> dict:
    """The measurements with the best known first."""
    return {name: measured[name] for name in (*_FIRST, *measured) if name in measured}


def figure(measured: dict) -> str:
    """A value as cards print it, with its standard error, of two digits, where it has one.

    A standard error below 1e-12 of the value is rounding: all summands were alike.
    """
    value, error = _finite(measured["value"]), _finite(measured["standard_error"])
    if value is None:
        return "not finite"
    if error is None:
        return f"{value:.3f}"
    if error <= 1e-12 * abs(value):
        return f"{value:.3f} ± 0"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def agreement(measured: dict, published: dict) -> str:
    """A sentence on how far measurements agree with those of a card.

    Args:
        measured: measurements by name, as in metrics.json.
        published: those of the card.
    """
    names = [name for name in measured if name in published]
    if not names:
        return "none of the figures of its card was measured."
    other = [name for name in names if figure(measured[name]) != figure(published[name])]
    if not other:
        return f"all {len(names)} figures are those of its card."
    far = [name for name in other if not within_errors(measured[name], published[name])]
    sentence = f"{len(names) - len(other)} of {len(names)} figures are those of its card"
    if not far:
        return f"{sentence}, the others within two standard errors."
    return f"{sentence}; {', '.join(far)} differ by more than two standard errors."


def within_errors(measured: dict, published: dict, errors: float = 2) -> bool:
    """True if two measurements of one figure differ by at most `errors` standard errors.

    The standard error is that of their difference, √(σ₁² + σ₂²).
    """
    values = _finite(measured["value"]), _finite(published["value"])
    deviations = _finite(measured["standard_error"]), _finite(published["standard_error"])
    if None in values:
        return values[0] == values[1]
    if None in deviations:
        return math.isclose(*values, rel_tol=0.05, abs_tol=0.01)
    return abs(values[0] - values[1]) <= errors * math.hypot(*deviations)


def quoted(text: str) -> str:
    """Text as one word of a shell, in the quotation marks that it does not hold where that does."""
    if "'" in text and not re.search(r'["$`\\!]', text):
        return f'"{text}"'
    return shlex.quote(text)


def fenced(text: str) -> str:
    """Text as a code block of Markdown, between more backticks than it has in a row."""
    longest = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _finite(value):
    """The number; None if it is none, or infinite or NaN, as metrics.json has it."""
    return value if value is not None and math.isfinite(value) else None


def _versions(versions):
    return ", ".join(f"{name} {text}" for name, text in versions.items() if ".npz" not in name)


def _json(name):
    return json.loads((_HERE / name).read_text(encoding="utf-8"))
