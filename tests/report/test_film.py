"""A film shows the samples of each step, in order, as training wrote them."""

import numpy as np
import pytest
from PIL import Image

from zoo.errors import RunFolderError
from zoo.report import film

SIZE = 484, 484


@pytest.fixture
def samples(tmp_path):
    """Pictures of eleven steps, each of one grey, and what may lie beside them."""
    for number in range(11):
        Image.new("L", SIZE, 20 * number).save(tmp_path / f"step_{1000 * number:08d}.png")
    (tmp_path / "step_00099999.png.new").write_text("half written")
    return tmp_path


def grey(picture, x, y):
    """The grey of a place, to the nearest that the fixture has."""
    red, green, blue = picture.convert("RGB").getpixel((x, y))
    assert red == green == blue
    return red


def test_frames_are_the_steps_in_order(samples):
    steps = film.frames(samples)
    assert [step for step, _ in steps] == list(range(0, 11000, 1000))
    assert steps[3][1] == samples / "step_00003000.png"


def test_a_sheet_shows_steps_evenly_with_the_first_and_the_last(samples):
    sheet = film.contact_sheet(film.frames(samples), most=6)
    width, height = SIZE[0] + 4, SIZE[1] + 14 + 4
    assert sheet.size == (3 * width + 4, 2 * height + 4)
    places = [(column * width + 200, row * height + 200) for row in (0, 1) for column in (0, 1, 2)]
    assert [grey(sheet, *place) for place in places] == [0, 40, 80, 120, 160, 200]


def test_a_sheet_of_few_steps_shows_all(samples):
    sheet = film.contact_sheet(film.frames(samples)[:2], most=24)
    assert sheet.size == (2 * 488 + 4, 502 + 4)


def test_every_step_has_its_caption(samples):
    """Two steps of the same picture differ below it and nowhere else."""
    path = samples / "step_00001000.png"
    one, other = (np.asarray(film.captioned(step, path)).astype(int) for step in (1000, 2000))
    np.testing.assert_array_equal(one[: SIZE[1]], other[: SIZE[1]])
    assert (one[SIZE[1] :] != other[SIZE[1] :]).any()
    assert (one[SIZE[1] :] < 128).sum() > 50


def test_an_animation_has_all_steps(samples, tmp_path):
    path = tmp_path / "film.gif"
    film.animate(film.frames(samples), path, seconds=0.2)
    with Image.open(path) as animation:
        assert (animation.format, animation.n_frames, animation.info["loop"]) == ("GIF", 11, 0)
        shown = []
        for number in range(animation.n_frames):
            animation.seek(number)
            assert animation.info["duration"] == 200
            shown.append(grey(animation, 200, 200))
    assert shown == list(range(0, 220, 20))


def test_colours_are_kept(tmp_path):
    Image.new("RGB", (8, 8), (200, 30, 40)).save(tmp_path / "step_00000001.png")
    assert film.captioned(*film.frames(tmp_path)[0]).getpixel((4, 4)) == (200, 30, 40)


def test_a_listing_has_the_first_lines_of_each_step(tmp_path):
    (tmp_path / "step_00000500.txt").write_text("a b\n\nc\nd\n", encoding="utf-8")
    (tmp_path / "step_00001500.txt").write_text("é\n", encoding="utf-8")
    listing = film.listing(film.frames(tmp_path), lines=2)
    assert listing == "step 500\n  a b\n  c\n\nstep 1,500\n  é\n"


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_without_samples_there_is_no_film(tmp_path, name):
    with pytest.raises(RunFolderError, match="holds no samples to make a film of"):
        film.frames(tmp_path / name)


def test_a_run_is_filmed(tiny_run, programs, tmp_path):
    texts = tiny_run(sample_every=1)
    done = programs.run("-m", "zoo", "film", f"--workdir={texts.folder.path}", "--lines=1")
    assert done.stdout == f"Wrote film.txt of 2 steps to {texts.folder.path}.\n", done.stderr
    lines = (texts.folder.path / "film.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0::3] == ["step 1", "step 2"]
    images = tiny_run(
        data="mnist_5k(labels=True)",
        model="dcgan(width=4)",
        objective="generalised_js",
        sample_every=1,
    )
    output = tmp_path / "films"
    command = ["-m", "zoo", "film", f"--workdir={images.folder.path}", f"--output={output}"]
    assert programs.run(*command, "--seconds=1").returncode == 0
    with Image.open(output / "film.gif") as animation:
        assert (animation.n_frames, animation.info["duration"]) == (2, 1000)
    with Image.open(output / "film.png") as sheet:
        assert sheet.width == 2 * (10 * 60 + 4 + 4) + 4
