import numpy as np

from zoo import spec

# Published class counts of the 60,000 training and 10,000 test images.
TRAINING = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_real_images_and_labels(real_tfds):
    dataset = spec.build("data", "mnist", real_tfds("mnist", "3.0.1"))
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [
        50_000,
        10_000,
        10_000,
    ]
    both = np.concatenate([dataset.train.labels, dataset.validation.labels])
    assert np.bincount(both).tolist() == TRAINING
    assert np.bincount(dataset.test.labels).tolist() == TEST
    assert dataset.train.values.dtype == np.uint8
    assert dataset.train.values.shape[1:] == dataset.domain.shape == (28, 28, 1)
    assert dataset.domain.digits
    assert not dataset.domain.binary
    pixels = np.concatenate([dataset.train.values, dataset.validation.values])
    assert abs(pixels.mean() / 255 - 0.1307) < 5e-5  # the mean that is commonly published
