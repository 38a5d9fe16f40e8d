"""A run on points, from training to the page and the command line."""

import html5lib
import numpy as np
import pytest
from PIL import Image

from zoo.report import page
from zoo.runs.evaluation import Settings, evaluate_all

RED = [200, 30, 40]


@pytest.fixture(scope="module")
def run(tiny_run):
    return tiny_run(
        data="gaussian_mixture(name='two_modes', count=600)",
        model="gaussian",
        objective="generalised_js",
        steps=4,
        sample_every=2,
    )


def test_samples_stand_among_the_data_in_a_picture_for_each_stage(run):
    files = sorted(run.folder.samples.iterdir())
    assert [file.name for file in files] == ["step_00000002.png", "step_00000004.png"]
    for file in files:
        with Image.open(file) as picture:
            pixels = np.asarray(picture)
        assert 100 < (pixels == RED).all(axis=-1).sum() < pixels.size / 6


def test_samples_are_float32_points_and_do_not_depend_on_how_many_follow(run):
    few, more = run.samples(3, seed=1), run.samples(300, seed=1)
    assert (few.dtype, few.shape) == (np.float32, (3, 2))
    np.testing.assert_allclose(few, more[:3], atol=1e-6)
    assert not np.array_equal(few, run.samples(3, seed=2))


def test_the_page_shows_samples_over_data(run):
    settings = Settings(splits=("test",), metrics=("nll", "calibration"), count=50)
    html = page.html(evaluate_all([run], settings), [[]])
    html5lib.HTMLParser(strict=True).parse(html)
    assert 'aria-label="500 samples over as many real points"' in html
    assert "nats per point" in html
    assert "sampler" not in html.partition("About the metrics")[0]


def test_the_script_prints_points_or_draws_them(run, programs, tmp_path):
    command = ["sample.py", f"--workdir={run.folder.path}", "--count=3"]
    done = programs.run(*command)
    printed = [[float(number) for number in line.split(",")] for line in done.stdout.splitlines()]
    np.testing.assert_allclose(printed, run.samples(3), rtol=1e-6)
    refused = programs.run(*command, "--prompt=a")
    assert "draws points: it has no prompt" in refused.stderr
    picture = tmp_path / "points.png"
    assert programs.run(*command, f"--output={picture}").returncode == 0
    with Image.open(picture) as drawn:
        assert drawn.size == (480, 480)
