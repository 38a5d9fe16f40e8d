"""A run on colour images, from PNG files to the page, the command line and the export."""

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageDraw

import export
import zoo
from zoo.domains import pictures
from zoo.report import page, samples
from zoo.runs.evaluation import Settings, evaluate_all

GREEN, RED, BLUE = (0, 255, 0), (255, 0, 0), (0, 0, 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty PNG files of 8×8 pixels: red squares and blue discs on green."""
    folder = tmp_path_factory.mktemp("shapes")
    random = np.random.default_rng(0)
    for number in range(40):
        picture = Image.new("RGB", (8, 8), GREEN)
        left, top = random.integers(0, 6, size=2).tolist()
        draw, box = ImageDraw.Draw(picture), (left, top, left + 2, top + 2)
        draw.rectangle(box, fill=RED) if number % 2 else draw.ellipse(box, fill=BLUE)
        picture.save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def run(folder, tiny_run):
    """Enough steps for samples to turn green."""
    return tiny_run(
        data=f"image_folder(path={str(folder)!r})",
        model="dcgan(width=8, latent_size=4)",
        objective="generalised_js(generator_loss='non_saturating')",
        steps=300,
        batch_size=16,
        learning_rate=1e-2,
        sample_every=150,
    )


def is_green(pixels):
    """Tells whether images [..., height, width, 3] are green on average."""
    red, green, blue = np.asarray(pixels, np.float64).reshape(-1, 3).mean(axis=0)
    return green > 2 * max(red, blue)


def is_grid(picture, images, columns):
    """Tells whether a picture shows these images, float [count, 8, 8, 3], to a level."""
    expected = np.asarray(pictures.grid(images, columns), np.float64)
    shown = np.asarray(picture, np.float64)
    return shown.shape == expected.shape and np.abs(shown - expected).max() <= 1


def test_the_data_are_the_files_pixel_by_pixel(run, folder):
    files = {np.asarray(Image.open(file)).tobytes() for file in folder.iterdir()}
    assert run.dataset.domain.shape == (8, 8, 3)
    assert {image.tobytes() for image in run.dataset.train.values} <= files


def test_samples_are_green_as_the_data_are(run):
    drawn = run.samples(16)
    assert drawn.shape == (16, 8, 8, 3)
    assert is_green(drawn)


def test_previews_show_the_samples_in_their_colours(run):
    files = sorted(run.folder.samples.iterdir())
    assert [file.name for file in files] == ["step_00000150.png", "step_00000300.png"]
    with Image.open(files[-1]) as picture:
        assert picture.mode == "RGB"
        halved = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.NEAREST)
    assert is_grid(halved, run.samples(64), columns=8)


def test_the_page_shows_samples_and_data_in_their_colours(run):
    evaluations = evaluate_all([run], Settings(splits=("test",), count=30))
    html = page.html(evaluations, [[]])
    uris = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    shown = [Image.open(io.BytesIO(base64.b64decode(uri))) for uri in uris]
    assert {picture.mode for picture in shown} == {"RGB"}
    comparison = evaluations[0].comparison
    assert is_grid(shown[0], comparison.generated[:64], 8)
    assert is_grid(shown[1], comparison.real[:64], 8)
    nearest = samples.show(evaluations[0]).neighbours
    assert len(nearest) == len(comparison.generated) == 4


def test_measures_of_pixels_read_colours_and_those_of_digits_are_left_out(run):
    (evaluation,) = evaluate_all([run], Settings(splits=("test",), count=30))
    measured = set(evaluation.measured)
    assert {"parzen", "c2st", "data_copying", "divergence_bound"} <= measured
    assert not {"lenet_fd", "lenet_kid", "class_histogram"} & measured
    assert all(np.isfinite(each.value) for each in evaluation.measured.values())


def test_the_script_draws_in_colour(run, programs, tmp_path):
    output = tmp_path / "drawn.png"
    arguments = [f"--workdir={run.folder.path}", "--count=9", f"--output={output}"]
    done = programs.run("sample.py", *arguments)
    assert done.returncode == 0, done.stderr
    with Image.open(output) as picture:
        halved = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.NEAREST)
    assert is_grid(halved, run.samples(9), columns=3)


def test_the_export_answers_in_colour(run, tmp_path):
    """`export` compares every signature in a fresh process before it reports success."""
    served = tf.saved_model.load(str(export.export(run, tmp_path, "shapes")))
    seeds = tf.range(4, dtype=tf.int64)
    drawn = served.signatures["generate"](seed=seeds)["image"].numpy()
    np.testing.assert_allclose(drawn, run.samples(4), atol=1e-5)
    files = served.signatures["generate_png"](seed=seeds)["image_bytes"].numpy()
    for image, file in zip(drawn, files, strict=True):
        with Image.open(io.BytesIO(file)) as picture:
            assert picture.mode == "RGB"
            assert np.abs(np.asarray(picture) - 255.0 * image).max() <= 1
    images = np.zeros([2, 8, 8, 3], np.float32)
    images[0, ..., 1], images[1, ..., 0] = 1, 1  # pure green, pure red
    ratio = served.signatures["log_density_ratio"](image=tf.constant(images))
    green, red = ratio["log_density_ratio"].numpy()
    np.testing.assert_allclose([green, red], run.log_density_ratio(images), rtol=1e-4)
    assert green > red


def test_loaded_again_it_draws_the_same(run):
    again = zoo.load(str(run.folder.path))
    assert again.domain == run.domain
    np.testing.assert_array_equal(again.samples(5), run.samples(5))


def test_a_run_of_grey_readings_of_colours_finds_its_data(folder, tiny_run):
    """Colours were once always read in grey, and specs had no argument to say so."""
    before = tiny_run(
        data=f"image_folder(path={str(folder)!r}, grey=True)",
        model="mlp_gan(width=4, maxout_units=4)",
        objective="generalised_js",
    )
    record = before.folder.path / "experiment.json"
    record.write_text(record.read_text().replace(", grey=True", ""))
    after = zoo.load(str(before.folder.path))
    assert after.experiment.data == f"image_folder(path={str(folder)!r})"
    np.testing.assert_array_equal(after.dataset.test.values, before.dataset.test.values)
    # The same command goes on with it.
    more = dataclasses.replace(after.experiment, steps=3)
    assert zoo.train(more, str(before.folder.path)).step == 3
