import numpy as np

from zoo import spec


def test_bits_become_black_and_white(tmp_path, write_tfds):
    import tensorflow_datasets as tfds

    bits = (np.arange(784).reshape(28, 28, 1) % 3 == 0).astype(np.uint8)
    features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(28, 28, 1))})
    counts = {"train": 5, "validation": 3, "test": 2}
    splits = {split: [({"image": bits}, count)] for split, count in counts.items()}
    write_tfds(tmp_path, "binarized_mnist", "1.0.0", features, splits)
    dataset = spec.build("data", "binarized_mnist", str(tmp_path))
    assert {name: len(dataset.split(name)) for name in counts} == counts
    assert (dataset.train.at([0, 4]).numpy() == bits).all()
    assert dataset.test.values.dtype == np.uint8
    assert dataset.domain.binary
    assert dataset.domain.digits


def test_independent_pixels_have_their_known_likelihood(real_tfds):
    dataset = spec.build("data", "binarized_mnist", real_tfds("binarized_mnist", "1.0.0"))
    train, test = (split.values.reshape(-1, 784) == 255 for split in (dataset.train, dataset.test))
    mean = (train.sum(0) + 1) / (len(train) + 2)
    frequency = test.mean(0)
    nats = -(frequency * np.log(mean) + (1 - frequency) * np.log1p(-mean)).sum()
    assert abs(nats - 205.79) < 0.02
