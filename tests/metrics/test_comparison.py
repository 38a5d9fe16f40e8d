"""What measures of samples see."""

import numpy as np
import pytest

from zoo import domains
from zoo.data.base.splits import Dataset, Images
from zoo.errors import SpecError
from zoo.metrics import Comparison
from zoo.runs.evaluation import comparisons

DOMAIN = domains.Image((4, 4, 1))


def blank(count):
    return np.zeros([count, 4, 4, 1], np.float32)


def test_unequal_counts_are_refused():
    with pytest.raises(SpecError, match="3 samples and 4 real examples"):
        Comparison(DOMAIN, blank(3), blank(4), blank(9), "test", 0)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_counts_are_equal_by_construction(split):
    """Whichever part is the smallest, and whatever is asked for."""
    parts = (Images(np.zeros([size, 4, 4, 1], np.uint8)) for size in (50, 20, 30))
    dataset = Dataset(DOMAIN, *parts)
    samples, other = comparisons(dataset, split, blank, 1000, seed=0)
    assert samples.count == len(samples.real) == other.count == len(other.real)
    assert samples.count == 20  # "train" and "test" have the validation part for their ceiling


def test_what_does_not_depend_on_samples_is_found_once():
    first, calls = Comparison(DOMAIN, blank(3), blank(3), blank(9), "test", 0), []
    second = first.of(blank(3) + 1)
    for comparison in (first, second):
        assert comparison.once("name", lambda: calls.append(1) or "found") == "found"
    assert calls == [1]
    assert second.real is first.real
    np.testing.assert_array_equal(second.generated, 1)


def test_another_comparison_finds_its_own():
    for value in (1, 2):
        made = Comparison(DOMAIN, blank(3), blank(3), blank(9), "test", 0)
        assert made.once("name", lambda value=value: value) == value


def test_too_few_samples_are_refused_by_the_measure_s_name():
    made = Comparison(DOMAIN, blank(3), blank(3), blank(9), "test", 0)
    made.require_count(3, "density")
    with pytest.raises(SpecError, match="density needs at least 4 samples"):
        made.require_count(4, "density")
