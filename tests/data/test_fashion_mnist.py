import numpy as np

from zoo import spec


def test_validation_is_the_end_of_the_training_images(tmp_path, write_tfds):
    import tensorflow_datasets as tfds

    def clothes(label):
        return {"image": np.full([28, 28, 1], 20 * label, np.uint8), "label": label}

    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(28, 28, 1)),
            "label": tfds.features.ClassLabel(num_classes=10),
        }
    )
    splits = {
        "train": [(clothes(label), 6_000) for label in range(10)],
        "test": [(clothes(3), 100)],
    }
    write_tfds(tmp_path, "fashion_mnist", "3.0.1", features, splits)
    dataset = spec.build("data", "fashion_mnist", str(tmp_path))
    assert np.bincount(dataset.train.labels).tolist() == [6_000] * 8 + [2_000]
    assert np.bincount(dataset.validation.labels).tolist() == [0] * 8 + [4_000, 6_000]
    assert (dataset.train.values == 20 * dataset.train.labels[:, None, None, None]).all()
    assert (dataset.test.labels == 3).all()
    assert dataset.domain.shape == (28, 28, 1)
    assert not dataset.domain.digits


def test_real_classes_are_balanced(real_tfds):
    dataset = spec.build("data", "fashion_mnist", real_tfds("fashion_mnist", "3.0.1"))
    both = np.concatenate([dataset.train.labels, dataset.validation.labels])
    assert np.bincount(both).tolist() == [6_000] * 10
    assert np.bincount(dataset.test.labels).tolist() == [1_000] * 10
