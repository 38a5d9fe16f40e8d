"""Paths between samples of a run, and the picture of them."""

import numpy as np
import pytest
from PIL import Image

from zoo.errors import SpecError

LABELLED = "mnist_5k(labels=True)"


@pytest.fixture(scope="module")
def digits(tiny_run):
    """A class-conditional generator with a normal prior."""
    return tiny_run(data=LABELLED, model="dcgan(width=4)", objective="generalised_js")


@pytest.fixture(scope="module")
def plain(tiny_run):
    """A generator without classes, with a uniform prior."""
    return tiny_run(
        data="mnist_5k",
        model="mlp_gan(width=16, maxout_units=4, maxout_pieces=2)",
        objective="generalised_js",
    )


def close(one, other):
    """Equal up to the rounding of sums, which differs with the size of a batch."""
    np.testing.assert_allclose(one, other, atol=2e-6)


def test_a_path_goes_from_one_sample_to_the_next(plain):
    paths = plain.interpolate(3, 5, seed=7)
    assert (paths.dtype, paths.shape) == (np.float32, (3, 5, 28, 28, 1))
    samples = plain.samples(6, seed=7)
    close(paths[:, 0], samples[::2])
    close(paths[:, -1], samples[1::2])
    steps = np.abs(np.diff(paths, axis=1)).max(axis=(1, 2, 3, 4))
    assert np.all(steps > 1e-4)  # it moves


def test_the_class_of_a_path_stays(digits):
    paths = digits.interpolate(12, 3, seed=7)
    labels = digits.examples(12, seed=7).labels  # in turn, beginning where the seed does
    for row in (0, 11):
        ends = digits.samples(24, seed=7, label=int(labels[row]))[2 * row : 2 * row + 2]
        close(paths[row, [0, -1]], ends)
    sevens = digits.interpolate(2, 3, seed=7, label=7)
    close(sevens[:, 0], digits.samples(4, seed=7, label=7)[::2])


def test_from_class_to_class_the_latent_stays(digits):
    paths = digits.interpolate(4, 5, seed=7, label=3, to_label=8)
    close(paths[:, 0], digits.samples(4, seed=7, label=3))
    close(paths[:, -1], digits.samples(4, seed=7, label=8))
    same = digits.interpolate(4, 5, seed=7, label=3, to_label=3)
    close(same, np.repeat(same[:, :1], 5, axis=1))
    in_turn = digits.interpolate(4, 2, seed=7, to_label=8)
    close(in_turn[:, 0], digits.samples(4, seed=7))


def test_a_seed_decides_and_not_how_many_are_drawn(digits):
    few, many = digits.interpolate(2, 4, seed=1), digits.interpolate(70, 4, seed=1)
    close(few, many[:2])
    np.testing.assert_array_equal(few, digits.interpolate(2, 4, seed=1))
    assert np.abs(few - digits.interpolate(2, 4, seed=2)).max() > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "steps=1 should be at least 2"),
        ({"steps": 3, "label": 10}, "label=10: .* has the classes 0 to 9"),
        ({"steps": 3, "to_label": -1}, "to_label=-1: .* has the classes 0 to 9"),
    ],
)
def test_paths_that_cannot_be_are_refused(digits, options, message):
    with pytest.raises(SpecError, match=message):
        digits.interpolate(1, **options)


def test_without_classes_or_latents_it_is_refused(plain, tiny_run):
    with pytest.raises(SpecError, match="is of no classes"):
        plain.interpolate(1, 3, to_label=1)
    with pytest.raises(SpecError, match=r"lstm\(units=4, layers=1\) has no latents"):
        tiny_run().interpolate(1, 3)


def test_the_script_draws_a_row_for_each_path(digits, plain, programs, tmp_path):
    output = tmp_path / "paths.png"
    command = ["sample.py", f"--workdir={digits.folder.path}", f"--output={output}", "--count=2"]
    done = programs.run(*command, "--interpolate=5", "--seed=7", "--label=3", "--to_label=8")
    assert done.stdout == f"Wrote 10 images to {output}.\n", done.stderr
    with Image.open(output) as picture:
        assert picture.size == (2 * (5 * 30 + 2), 2 * (2 * 30 + 2))
        drawn = np.asarray(picture)[::2, ::2][2:30, 2:30] / 255
    close(np.abs(drawn - digits.samples(1, seed=7, label=3)[0, ..., 0]) // 0.01, 0)
    for flags, answer in (
        (["--to_label=8"], "give --interpolate=STEPS too"),
        (["--interpolate=3", "--known_rows=2"], "Leave out --known_rows or --interpolate"),
        (["--interpolate=3", "--to_label=11"], "has the classes 0 to 9"),
    ):
        refused = programs.run(*command, *flags)
        assert answer in refused.stderr
        assert refused.returncode == 1
