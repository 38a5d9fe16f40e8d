"""Draws from a trained run: text and points to the terminal or a file, images to a PNG.

  zoo sample --workdir=runs/names --count=20
  zoo sample --workdir=runs/names --prompt=Mar --sampler='temperature(temperature=0.7)'
  zoo sample --workdir=runs/names --prompt=Mar --beam_width=5
  zoo sample --workdir=runs/digits --count=100 --output=digits.png
  zoo sample --workdir=runs/conditioned_digits --label=7
  zoo sample --workdir=runs/digits --interpolate=12 --count=8
  zoo sample --workdir=runs/conditioned_digits --interpolate=12 --count=8 --label=3 --to_label=8
  zoo sample --workdir=runs/pixels --known_rows=14 --count=32
  zoo sample --workdir=runs/plane --count=1000 --output=points.png
  zoo sample --pretrained=surnames_lstm --prompt=Mac
  zoo sample --workdir=runs/ratio --sampler='refine(candidates=8)'

Another --seed gives other samples, and the same seed always the same.
"""

import dataclasses
import pathlib
import sys
import typing

from absl import flags

from zoo import commands, report
from zoo.errors import SpecError

if typing.TYPE_CHECKING:
    import numpy as np

    from zoo.runs.run import Run

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of sampling."""
    commands.define_run_flags()
    flags.DEFINE_integer("count", 64, "The number of samples.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Another seed gives other samples.", 0, 2**31 - 1)
    flags.DEFINE_string(
        "output",
        None,
        "The file to write; for images by default samples.png; for points a picture if it ends in "
        ".png.",
    )
    flags.DEFINE_string(
        "sampler",
        "ancestral()",
        f"For autoregressive models: how each token is drawn. Known: {commands.known('samplers')} "
        "For models with a discriminator that estimates the density ratio: refine(candidates=8) or "
        "refine(acceptance=0.25), which choose among whole samples.",
    )
    _define_text_flags()
    _define_image_flags()


def _define_text_flags():
    flags.DEFINE_string("prompt", "", "For text: the start of each sample.")
    flags.DEFINE_integer(
        "beam_width", None, "For text: find the most probable texts by a beam of this width.", 1
    )
    flags.DEFINE_integer(
        "length", None, "For text: the maximum number of tokens in a sample.", lower_bound=1
    )


def _define_image_flags():
    flags.DEFINE_integer(
        "known_rows",
        None,
        "For autoregressive models of images: keep this many upper rows of test images and draw "
        "the others. Each completion stands beside its test image.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "label",
        None,
        "For class-conditional models: the class of all samples; by default each class in turn.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "interpolate",
        None,
        "For generators of images from noise: draw --count rows of this many images, each row "
        "from one sample to another.",
        lower_bound=2,
    )
    flags.DEFINE_integer(
        "to_label",
        None,
        "With --interpolate, for class-conditional models: each row goes from --label to this "
        "class, and its noise stays.",
        lower_bound=0,
    )


def main() -> None:
    """Draws, and writes or prints."""
    output = FLAGS.output and writable(FLAGS.output)
    loaded = commands.loaded_run()
    run = dataclasses.replace(loaded, sampler=FLAGS.sampler)
    run.require_sampler()
    if run.domain.kind == "text":
        write_texts(run, output)
    elif run.domain.kind == "points":
        write_points(run, output)
    else:
        write_images(run, output or writable("samples.png"))


def writable(path: str) -> pathlib.Path:
    """Refuses a file that cannot be written, before anything is drawn."""
    return report.writable(path, "Give another file with --output.")


def write_texts(run: "Run", output: pathlib.Path | None) -> None:
    """Writes texts, to the terminal where no file is given."""
    if FLAGS.label is not None:
        raise SpecError(f"{run.experiment.model} draws texts, which are of no classes: no label.")
    if FLAGS.known_rows is not None:
        raise SpecError(f"{run.experiment.model} draws texts: it has no known_rows.")
    if FLAGS.interpolate is not None or FLAGS.to_label is not None:
        raise SpecError(f"{run.experiment.model} draws texts: it has no latents to interpolate.")
    for name in ("sampler", "seed", "count"):
        if FLAGS.beam_width is not None and FLAGS[name].present:
            raise SpecError(
                f"beam_width finds the most probable texts, as many as it is wide, without "
                f"chance: leave out --{name} or --beam_width."
            )
    options = {name: FLAGS[name].value for name in ("length", "prompt")}
    if FLAGS.beam_width is None:
        texts = drawn(run, **options)
    else:
        found = run.most_probable(FLAGS.beam_width, **options)
        texts = [f"{nats:9.3f}  {text}" for text, nats in found]
    write_lines(texts, run.domain.example_separator, "texts", output)


def drawn(run: "Run", **options: object):
    """Samples, and a line on how many candidates they are chosen among if they are."""
    if run.refiner is None:
        return run.samples(FLAGS.count, FLAGS.seed, **options)
    found = run.refined(FLAGS.count, FLAGS.seed, **options)
    print(f"{FLAGS.count:,} samples of {found.candidates.sum():,} candidates.", file=sys.stderr)
    return found.samples


def write_lines(lines: list[str], between: str, what: str, output: pathlib.Path | None) -> None:
    """Writes lines to the terminal or to a file."""
    if output is None:
        print(between.join(lines))
    else:
        output.write_text(between.join(lines) + "\n", encoding="utf-8")
        print(f"Wrote {len(lines)} {what} to {output}.")


def write_points(run: "Run", output: pathlib.Path | None) -> None:
    """Writes points as comma-separated numbers, or among test points in a picture."""
    absent = ("prompt", "length", "beam_width", "known_rows", "label", "interpolate", "to_label")
    for name in absent:
        if FLAGS[name].present:
            raise SpecError(f"{run.experiment.model} draws points: it has no {name}.")
    points = drawn(run)
    if output is None or output.suffix.lower() != ".png":
        write_lines([",".join(map(str, point)) for point in points], "\n", "points", output)
        return
    from zoo.domains import pictures

    real = run.dataset.test.values[: FLAGS.count]
    pictures.save(pictures.scatter(real, points), output)
    print(f"Wrote {len(points)} points to {output}, in red over grey test points.")


def write_images(run: "Run", output: pathlib.Path) -> None:
    """Writes a grid of images."""
    from zoo.domains import pictures

    for name in ("prompt", "length", "beam_width"):
        if FLAGS[name].present:
            raise SpecError(f"{run.experiment.model} draws images: it has no {name}.")
    if FLAGS.known_rows is not None and FLAGS.label is not None:
        raise SpecError("known_rows keeps rows of test images, which have labels of their own.")
    if FLAGS.known_rows is not None and FLAGS.interpolate is not None:
        raise SpecError("Leave out --known_rows or --interpolate: they draw different pictures.")
    for name in ("known_rows", "interpolate"):
        if FLAGS[name].value is not None and run.refiner is not None:
            raise SpecError(f"{run.sampler} chooses among whole samples: leave out --{name}.")
    if FLAGS.to_label is not None and FLAGS.interpolate is None:
        raise SpecError("to_label is where an interpolation ends: give --interpolate=STEPS too.")
    images, columns = draw_images(run)
    pictures.save(pictures.grid(images, columns, zoom=2), output)
    print(f"Wrote {len(images)} images to {output}.")


def draw_images(run: "Run") -> tuple["np.ndarray", int]:
    """Draws images, and finds the number of columns to show them in.

    Completions stand beside their originals, and a path is a row; otherwise the grid is as square
    as can be.
    """
    import numpy as np

    count, seed = FLAGS.count, FLAGS.seed
    if FLAGS.interpolate is not None:
        paths = run.interpolate(count, FLAGS.interpolate, seed, FLAGS.label, FLAGS.to_label)
        return paths.reshape([-1, *run.domain.shape]), FLAGS.interpolate
    if FLAGS.known_rows is not None:
        pairs = np.stack(run.complete(FLAGS.known_rows, count, seed), axis=1)
        return pairs.reshape([-1, *run.domain.shape]), 2 * round(count**0.5 / 2 + 0.49)
    return drawn(run, label=FLAGS.label), round(count**0.5 + 0.49)
