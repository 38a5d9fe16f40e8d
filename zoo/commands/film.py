"""Assembles the samples that training wrote into a film, from the first step to the last.

  zoo film --workdir=runs/digits
  zoo film --workdir=runs/digits --sheet=6 --seconds=0.2 --output=films
  zoo film --workdir=runs/names --lines=5

Of pictures it writes a contact sheet, film.png, and an animation, film.gif; of texts a listing,
film.txt. Training writes samples every --sample_every steps.
"""

import pathlib

from absl import flags

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of films."""
    flags.DEFINE_string("workdir", None, "The run folder.", required=True)
    flags.DEFINE_string("output", None, "The folder to write to; by default the run folder.")
    flags.DEFINE_integer(
        "sheet", 24, "For pictures: the largest number of them on the contact sheet.", lower_bound=2
    )
    flags.DEFINE_float(
        "seconds", 0.5, "For pictures: how long the animation shows each.", 0.02, 600
    )
    flags.DEFINE_integer("lines", 3, "For texts: how many lines to show of each step.", 1)


def main() -> None:
    """Writes the film, and prints where."""
    from zoo.report import film
    from zoo.runs import run_folder

    folder = run_folder.RunFolder(FLAGS.workdir)
    folder.read()
    output = folder.path if FLAGS.output is None else pathlib.Path(FLAGS.output).expanduser()
    steps = film.frames(folder.samples)
    output.mkdir(parents=True, exist_ok=True)
    if steps[0][1].suffix == ".txt":
        run_folder.write_text(output / "film.txt", film.listing(steps, FLAGS.lines))
        written = "film.txt"
    else:
        from zoo.domains import pictures

        pictures.save(film.contact_sheet(steps, FLAGS.sheet), output / "film.png")
        film.animate(steps, output / "film.gif", FLAGS.seconds)
        written = "film.png and film.gif"
    print(f"Wrote {written} of {len(steps)} steps to {output}.")
