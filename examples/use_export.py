"""Uses an exported model with TensorFlow alone, without Keras and the zoo.

python examples/use_export.py served/names --prompt=Mar
python examples/use_export.py served/digits --output=digits.png
python examples/use_export.py served/plane
"""

import argparse
import contextlib
import os
import pathlib
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow imports Keras if it is installed; this makes it look missing.
sys.modules["keras"] = None

import numpy as np
import tensorflow as tf
from PIL import Image

_COLUMNS = 10


def main() -> None:
    """Samples from the newest version in a model's folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="folder with the versions of a model")
    parser.add_argument("--count", type=int, default=40, help="number of samples")
    parser.add_argument("--seed", type=int, default=0, help="the first sample's seed")
    parser.add_argument("--prompt", default="", help="for text: the prefix of each sample")
    parser.add_argument(
        "--labels",
        type=int,
        nargs="+",
        default=range(10),
        help="for images of classes: used in turn",
    )
    parser.add_argument("--output", default="samples.png", help="for images: the file to write")
    arguments = parser.parse_args()
    # TensorFlow does not find a path that contains any of *?[]\; a relative one avoids them.
    with contextlib.chdir(newest(pathlib.Path(arguments.folder).expanduser())):
        model = tf.saved_model.load(".")
    seeds = tf.range(arguments.seed, arguments.seed + arguments.count, dtype=tf.int64)
    drawn = model.signatures["generate"].structured_outputs
    if "text" in drawn:
        print_texts(model, seeds, arguments.prompt)
    elif "point" in drawn:
        print_points(model, seeds)
    else:
        write_images(model, seeds, arguments.labels, arguments.output)
    if any(
        name.split(".")[0] in ("keras", "zoo") for name, module in sys.modules.items() if module
    ):
        sys.exit("Keras or the zoo was imported.")
    print(f"Drawn by TensorFlow {tf.__version__}; neither Keras nor the zoo was imported.")


def newest(folder: pathlib.Path) -> pathlib.Path:
    """Finds the version that TensorFlow Serving would serve."""
    versions = [path for path in folder.glob("*") if path.name.isdigit()]
    if not versions:
        sys.exit(f"{folder} contains no version of a model. Export one: python -m export --help.")
    return max(versions, key=lambda path: int(path.name))


def print_texts(model: tf.Module, seeds: tf.Tensor, prompt: str) -> None:
    """Prints texts with their log-probabilities after the prompt, in nats."""
    answer = model.signatures["generate"](prompt=tf.fill(seeds.shape, prompt), seed=seeds)
    for text, nats, error in zip(answer["text"], answer["log_prob"], answer["error"], strict=True):
        print(error.numpy().decode() or f"{text.numpy().decode():20} {nats:8.2f}")


def print_points(model: tf.Module, seeds: tf.Tensor) -> None:
    """Prints points, a line of comma-separated numbers each."""
    for point in model.signatures["generate"](seed=seeds)["point"].numpy().tolist():
        print(",".join(map(str, point)))


def write_images(model: tf.Module, seeds: tf.Tensor, labels: Sequence[int], output: str) -> None:
    """Writes images side by side as a PNG file."""
    generate, inputs = model.signatures["generate"], {"seed": seeds}
    if "label" in generate.structured_input_signature[1]:
        inputs["label"] = tf.constant(np.resize(labels, seeds.shape), tf.int64)
    answer = generate(**inputs)
    if "error" in answer and any(answer["error"].numpy()):
        sys.exit(max(answer["error"].numpy()).decode())
    images = answer["image"].numpy()
    _, height, width, channels = images.shape
    rows = -(-len(images) // _COLUMNS)
    sheet = np.zeros([rows * _COLUMNS, height, width, channels])
    sheet[: len(images)] = images
    sheet = sheet.reshape(rows, _COLUMNS, height, width, channels).swapaxes(1, 2)
    sheet = sheet.reshape(rows * height, _COLUMNS * width, channels)
    pixels = np.round(255 * sheet).astype(np.uint8)
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(output)
    print(f"Wrote {len(images)} images to {output}.")


if __name__ == "__main__":
    main()
