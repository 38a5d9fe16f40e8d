import numpy as np
import PIL.Image
import pytest

from zoo import domains
from zoo.data import image_folder
from zoo.data.base import grey, prepared
from zoo.errors import DataError
from zoo.runs import digests

NAMES = ("train", "validation", "test")


@pytest.fixture(autouse=True, params=["in memory", "on disk"])
def place(request, monkeypatch, tmp_path_factory):
    """Small folders are kept as large ones are, too."""
    monkeypatch.setattr(prepared, "LARGE", 2**40 if request.param == "in memory" else 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return request.param


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, [23, 5, 7], np.uint8)


@pytest.fixture
def folder(tmp_path, images):
    (tmp_path / "deeper").mkdir()
    for number, image in enumerate(images):
        name = f"deeper/{number:03}.PNG" if number % 2 else f"{number:03}.png"
        PIL.Image.fromarray(image).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def build(path, **arguments):
    return image_folder.build(None, path=str(path), **arguments)


def rows(dataset):
    return np.concatenate([dataset.split(name).values for name in NAMES])


def as_set(values):
    return sorted(image.tobytes() for image in values)


def test_every_image_is_in_one_split(folder, images):
    dataset = build(folder)
    assert [len(dataset.split(name)) for name in NAMES] == [19, 2, 2]
    assert as_set(rows(dataset)) == as_set(images)
    assert dataset.domain.shape == (5, 7, 1)
    assert not dataset.domain.digits
    assert not dataset.domain.binary
    assert dataset.train.labels is None
    assert (rows(dataset) == rows(build(folder))).all()


def test_images_on_disk_are_those_in_memory(folder, place, monkeypatch, capsys):
    PIL.Image.new("RGB", (7, 5), (200, 20, 2)).save(folder / "colour.png")
    dataset, again = build(folder), build(folder)
    decoded = "Decoding 24 images, once" if place == "on disk" else ""
    assert capsys.readouterr().out.partition(" ...")[0] == decoded
    assert isinstance(again.train.values, np.memmap) == (place == "on disk")
    monkeypatch.setattr(prepared, "LARGE", 2**40)
    expected = build(folder)
    assert dataset.domain == expected.domain
    assert digests.of_data(dataset, []) == digests.of_data(expected, [])
    batches = [each.train.batch(1, 8, 3) for each in (again, expected)]
    np.testing.assert_array_equal(*batches)


def test_a_changed_image_is_decoded_anew(folder, images):
    before = rows(build(folder))
    PIL.Image.fromarray(255 - images[0]).save(folder / "000.png")
    assert (rows(build(folder)) != before).any(axis=(1, 2, 3)).sum() == 1


def test_colours_stay(tmp_path):
    for number in range(10):
        PIL.Image.new("RGB", (6, 4), (200, 20, 2)).save(tmp_path / f"{number}.png")
    dataset = build(tmp_path)
    assert dataset.domain.shape == (4, 6, 3)
    assert (rows(dataset) == [200, 20, 2]).all()
    expected = np.broadcast_to(np.float32([200, 20, 2]) / np.float32(255), (2, 4, 6, 3))
    np.testing.assert_array_equal(dataset.train.batch(0, 2, 0), expected)


def test_colours_become_grey_on_request(tmp_path):
    for number in range(10):
        PIL.Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / f"{number}.png")
    # ITU-R 601: 299/1000 of red, which is 76.2 of 255
    assert (rows(build(tmp_path, grey=True)) == 76).all()
    assert build(tmp_path, grey=True).domain.shape == (4, 4, 1)


def test_grey_images_among_colours_have_three_equal_channels(folder, images):
    PIL.Image.new("RGB", (7, 5), (0, 255, 0)).save(folder / "000.png")
    values = rows(build(folder))
    assert values.shape == (23, 5, 7, 3)
    green = (values == [0, 255, 0]).all(axis=(1, 2, 3))
    assert green.sum() == 1
    assert as_set(values[~green][..., 0]) == as_set(images[1:])
    assert (values[~green] == values[~green][..., :1]).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "LA"])
def test_grey_images_have_one_channel_however_they_are_stored(folder, images, mode):
    for file in folder.rglob("*.[pP][nN][gG]"):
        with PIL.Image.open(file) as image:
            stored = image.convert(mode)
        stored.save(file)
    dataset = build(folder)
    assert dataset.domain.shape == (5, 7, 1)
    assert as_set(rows(dataset)) == as_set(images)


def test_grey_is_what_pillow_makes_of_every_colour(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, [20, 64, 64, 3], np.uint8)
    for number, image in enumerate(colours):
        PIL.Image.fromarray(image).save(tmp_path / f"{number:02}.png")
    np.savez(tmp_path / "all.npz", colours)
    expected = [np.asarray(PIL.Image.fromarray(image).convert("L")) for image in colours]
    for path in (tmp_path, tmp_path / "all.npz"):
        assert as_set(rows(build(path, grey=True))) == as_set(expected)
    in_grey, recorded = build(tmp_path, grey=True), domains.Image((64, 64, 1))
    again = grey.as_recorded(build(tmp_path), recorded)  # a run from before colours were kept
    assert again.domain == in_grey.domain == recorded
    assert (rows(again) == rows(in_grey)).all()
    assert grey.as_recorded(in_grey, recorded) is in_grey


def test_colours_of_an_npz(tmp_path):
    colours = np.random.default_rng(0).random([20, 4, 5, 3])
    np.savez(tmp_path / "a.npz", images=colours)
    dataset = build(tmp_path / "a.npz")
    assert dataset.domain == domains.Image((4, 5, 3))
    assert as_set(rows(dataset)) == as_set(np.rint(255 * colours).astype(np.uint8))


def test_black_and_white_is_binary(tmp_path):
    for number in range(10):
        PIL.Image.new("1", (4, 4), number % 2).save(tmp_path / f"{number}.png")
    dataset = build(tmp_path)
    assert dataset.domain.binary
    assert set(np.unique(rows(dataset))) == {0, 255}


def test_jpegs_are_read_beside_pngs(tmp_path):
    for number in range(6):
        PIL.Image.new("L", (4, 4), 10).save(tmp_path / f"{number}.png")
        PIL.Image.new("RGB", (4, 4), (200, 200, 200)).save(tmp_path / f"{number}.JPG")
        PIL.Image.new("L", (4, 4), 100).save(tmp_path / f"{number}.jpeg")
    assert np.bincount(rows(build(tmp_path))[:, 0, 0, 0])[[10, 100, 200]].tolist() == [6, 6, 6]


def test_photographs_are_turned_upright(tmp_path):
    half = np.zeros([8, 16], np.uint8)
    half[:, 8:] = 255
    turned = PIL.Image.Exif()
    turned[0x0112] = 6  # to be shown after a quarter turn clockwise
    for number in range(10):
        PIL.Image.fromarray(half).save(tmp_path / f"{number}.jpg", exif=turned, quality=95)
    values = rows(build(tmp_path))[..., 0]
    assert values.shape == (10, 16, 8)
    assert (values[:, :8] < 5).all()
    assert (values[:, 8:] > 250).all()


def test_other_formats_are_refused_with_their_number(folder):
    for number in range(3):
        PIL.Image.new("L", (7, 5)).save(folder / f"{number}.webp")
    with pytest.raises(DataError, match=r"3 images that are neither PNG nor JPEG.*0\.webp"):
        build(folder)


def test_hidden_files_are_skipped_and_counted(folder):
    for number in range(4):
        (folder / f"._{number}.png").write_bytes(b"Mac OS X")
    dataset = build(folder)
    assert len(rows(dataset)) == 23
    assert dataset.notes == (f"{folder}: 4 hidden files such as ._0.png are skipped.",)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_refused_and_opaque_alpha_is_not(folder, mode):
    image = PIL.Image.new(mode, (7, 5), 0)
    image.putalpha(255)
    image.save(folder / "004.png")
    assert len(rows(build(folder))) == 23
    image.putalpha(PIL.Image.fromarray(np.arange(35, dtype=np.uint8).reshape(5, 7)))
    image.save(folder / "004.png")
    with pytest.raises(DataError, match=r"004\.png .*transparent in places"):
        build(folder)


@pytest.mark.parametrize("extra_axis", [False, True])
def test_bytes_of_an_npz(tmp_path, images, extra_axis):
    path = tmp_path / "some.npz"
    labels = np.arange(23) % 5
    np.savez_compressed(path, images=images[..., None] if extra_axis else images, labels=labels)
    dataset = build(path)
    assert as_set(rows(dataset)) == as_set(images)
    label_of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for name in NAMES:
        split = dataset.split(name)
        assert [label_of[image.tobytes()] for image in split.values] == split.labels.tolist()


def test_numbers_and_bits_of_an_npz(tmp_path, images):
    np.savez(tmp_path / "number.npz", images / 255)
    assert as_set(rows(build(tmp_path / "number.npz"))) == as_set(images)
    np.savez(tmp_path / "bit.npz", images > 99)
    bits = build(tmp_path / "bit.npz")
    assert as_set(rows(bits)) == as_set(255 * (images > 99).astype(np.uint8))
    assert bits.domain.binary


def test_names_the_first_image_of_another_size(folder):
    PIL.Image.new("L", (7, 6)).save(folder / "004.png")
    PIL.Image.new("L", (1, 1)).save(folder / "006.png")
    with pytest.raises(DataError, match=r"004\.png has 7×6 pixels, but .*000\.png has 7×5"):
        build(folder)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-30])


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[45] ^= 255
    path.write_bytes(bytes(data))


def is_text(path):
    path.write_text("not an image")


def is_empty(path):
    path.write_bytes(b"")


def is_a_folder(path):
    path.unlink()
    path.mkdir()


def has_16_bits(path):
    PIL.Image.fromarray(np.full([5, 7], 40_000, np.uint16)).save(path)


@pytest.mark.parametrize(
    "damage", [cut_short, flip_a_byte, is_text, is_empty, is_a_folder, has_16_bits]
)
def test_names_the_damaged_image(folder, damage):
    damage(folder / "008.png")
    with pytest.raises(DataError, match=r"Cannot read .*008\.png"):
        build(folder)


def test_an_image_that_would_not_fit_into_memory_is_refused(folder, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(DataError, match=r"000\.png"):
        build(folder)


ARRAYS = {
    "wide numbers": ({"images": np.zeros([20, 4, 4], np.int64)}, "int64; they should be uint8"),
    "bits as bytes": ({"images": np.ones([20, 4, 4], np.uint8)}, "uint8 from 1 to 1"),
    "above 1": ({"images": np.full([20, 4, 4], 1.5)}, r"float64 from 1\.5 to 1\.5"),
    "negative": ({"images": np.full([20, 4, 4], -0.5)}, "float64 from -0.5"),
    "NaN": ({"images": np.full([20, 4, 4], np.nan)}, "from nan"),
    "strings": ({"images": np.full([20, 4, 4], "a")}, "they should be uint8"),
    "two channels": ({"images": np.zeros([20, 4, 4, 2])}, r"width, 3\] if they are in colour"),
    "alpha": ({"images": np.zeros([20, 4, 4, 4])}, r"shape \[20, 4, 4, 4\]"),
    "channels first": ({"images": np.zeros([20, 3, 4, 4])}, r"shape \[20, 3, 4, 4\]"),
    "vectors": ({"images": np.zeros([20, 16])}, r"shape \[20, 16\]"),
    "none": ({"images": np.zeros([0, 4, 4])}, r"shape \[0, 4, 4\]"),
    "few": ({"images": np.zeros([9, 4, 4])}, "9 examples, too few"),
    "two arrays": ({"a": np.zeros(3), "b": np.zeros(3)}, r"it has \['a', 'b'\]"),
    "labels only": ({"labels": np.zeros(3)}, r"named images; it has \[\]"),
    "fewer labels": (
        {"images": np.zeros([20, 4, 4]), "labels": np.zeros(19, int)},
        r"should be 20 integers, one an image; they are int64 \[19\]",
    ),
    "labels no integers": (
        {"images": np.zeros([20, 4, 4]), "labels": np.zeros(20)},
        r"they are float64 \[20\]",
    ),
    "objects": ({"images": np.full([20, 4, 4], None)}, "allow_pickle=False"),
}


@pytest.mark.parametrize(("arrays", "message"), ARRAYS.values(), ids=ARRAYS)
def test_says_what_is_wrong_with_arrays(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        build(tmp_path / "a.npz")


@pytest.mark.parametrize("damage", [cut_short, is_text, is_empty])
def test_names_a_damaged_npz(tmp_path, images, damage):
    np.savez(tmp_path / "a.npz", images=images)
    damage(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"Cannot read .*a\.npz"):
        build(tmp_path / "a.npz")


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(DataError, match="no PNG or JPEG file"):
        image_folder.build(None, path=str(tmp_path))
    with pytest.raises(DataError, match=r"a folder of PNG or JPEG files, or a \.npz"):
        image_folder.build(None, path=str(tmp_path / "nothing.npz"))
