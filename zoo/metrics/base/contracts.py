"""The two kinds of metric: of a run, and of samples."""

import dataclasses
from collections.abc import Callable

from zoo import domains, spec
from zoo.density_ratio.trained import Trained
from zoo.errors import require
from zoo.metrics.base.comparison import Comparison
from zoo.metrics.base.measurement import Measurement
from zoo.models.base.capabilities import Likelihood


@dataclasses.dataclass(frozen=True)
class RunMetric:
    """A metric of a run on a split of its data, such as the likelihood of its model.

    Attributes:
        applies: takes a run; True if it can be measured.
        measure: takes a run and the keywords `split` (a name), `count` (of samples) and `seed`;
            returns named measurements. Its docstring is the report's explanation.
        only_by_name: whether it is left out unless it is asked for, since it takes long.
        configure: builds the metric with arguments, keywords with defaults, which are given as in
            "fresh_bound(steps=500)"; None: it takes none.
    """

    applies: Callable[[Trained], bool]
    measure: Callable[..., dict[str, Measurement]]
    only_by_name: bool = False
    configure: Callable[..., "RunMetric"] | None = None


@dataclasses.dataclass(frozen=True)
class SampleMetric:
    """A metric of samples against as many real examples, whatever drew the samples.

    The evaluation calls `compare` once more with held-out real examples in place of the samples,
    which gives each measurement its ceiling.

    Attributes:
        accepts: takes a domain; True if its examples can be compared.
        compare: takes a comparison; returns named measurements. Its docstring is the report's
            explanation.
    """

    accepts: Callable[[domains.Domain], bool]
    compare: Callable[[Comparison], dict[str, Measurement]]

    def applies(self, run: Trained) -> bool:
        """True if samples of the run can be compared."""
        return self.accepts(run.domain)


def find(text: str) -> RunMetric | SampleMetric:
    """Finds a metric by the name of its file, with arguments where it takes some.

    Raises:
        SpecError: there is no such file, and the message lists the known ones; or an argument that
            the metric does not take.
    """
    name, arguments = spec.parse(text)
    member = spec.module("metrics", name).METRIC
    if not arguments:
        return member
    configure = member.configure if isinstance(member, RunMetric) else None
    require(configure is not None, f"{name} takes no arguments; leave out those of {text}.")
    spec.check(name, configure, arguments)
    return configure(**arguments)


def is_text(domain: domains.Domain) -> bool:
    """True for texts."""
    return isinstance(domain, domains.Text)


def is_image(domain: domains.Domain) -> bool:
    """True for images."""
    return isinstance(domain, domains.Image)


def is_digits(domain: domains.Domain) -> bool:
    """True for images of MNIST's digits, which the LeNet can classify."""
    return isinstance(domain, domains.Image) and domain.digits


def is_anything(domain: domains.Domain) -> bool:
    """True for every domain."""
    return isinstance(domain, domains.Domain)


def has_likelihood(run: Trained) -> bool:
    """True for runs whose generator computes log Q(x)."""
    return isinstance(run.generator, Likelihood)
