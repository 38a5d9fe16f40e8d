"""Trains short runs with two checkouts and compares all saved variables bit by bit.

python benchmarks/same_weights.py ../before .

A change that should move no number is tried by it: there is a run of every trainer, and of every
kind of network. Each is trained by the `train.py` of its checkout, in a process of its own, on the
CPU. Exits with 1 if a variable differs.
"""

import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

STEPS = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """The three specs of a run, and flags beside them; OTHER in them is another case's run."""

    data: str
    model: str
    objective: str
    flags: tuple[str, ...] = ()
    other: str | None = None


_PAIR = 'text_gan(generator="gru(units=8, layers=1)", width=8, dropout=0.2)'
_MEDIATED = 'mediated(generator="lstm(units=8, layers=1)")'
_NOISY = "instance_noise=0.2, instance_noise_steps=4"
CASES = {
    "likelihood": Case(
        "surnames",
        "lstm(units=16, layers=2, dropout=0.2)",
        "maximum_likelihood",
        ("--average_decay=0.9",),
    ),
    "scheduled_sampling": Case(
        "surnames",
        "transformer(units=16, layers=1, heads=2, dropout=0.1)",
        "scheduled_sampling(keep_probability=0.5)",
    ),
    "dcgan": Case(
        "mnist_5k",
        "dcgan(width=4)",
        f"generalised_js(pi=[0.2, 0.8], pi_steps=4, r1=0.1, discriminator_steps=2, {_NOISY})",
        ("--average_decay=0.9",),
    ),
    "text_gan": Case(
        "surnames",
        _PAIR,
        "generalised_js(pi=0.3, estimator=\"reinforce(baseline='moving_average')\")",
    ),
    "mediated": Case(
        "surnames",
        _MEDIATED,
        "mediated_js(pi=[0.2, 0.8], pi_steps=4, future=True, mediator_steps=2)",
    ),
    "moment_matching": Case("gaussian_mixture(count=50)", "gaussian", "moment_matching"),
    "density_ratio": Case(
        "surnames", _PAIR, "density_ratio", ("--init_from=OTHER",), other="text_gan"
    ),
    "distillation": Case(
        "surnames",
        "gru(units=8, layers=1)",
        "distillation(teacher='OTHER', own=0.5, future=True)",
        other="likelihood",
    ),
}


def train(checkout: pathlib.Path, case: Case, workdir: pathlib.Path) -> str:
    """Trains a case with the code of a checkout; returns the path of its last checkpoint."""
    last = workdir / "checkpoints" / f"ckpt-{STEPS}"
    other = workdir.parent / str(case.other)
    if case.other is not None:
        train(checkout, CASES[case.other], other)
    if not last.with_suffix(".index").exists():
        command = [
            *(sys.executable, str(checkout / "train.py"), f"--workdir={workdir}"),
            *(f"--data={case.data}", f"--model={case.model}", f"--objective={case.objective}"),
            *(f"--steps={STEPS}", "--batch_size=8", "--seed=7", "--strategy=cpu"),
            *("--sample_every=0", *case.flags),
        ]
        command = [part.replace("OTHER", str(other)) for part in command]
        environment = os.environ | {"PYTHONPATH": str(checkout), "CUDA_VISIBLE_DEVICES": "-1"}
        subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=subprocess.PIPE)
    return str(last)


def variables(checkpoint: str) -> dict[str, np.ndarray]:
    """All numbers that a checkpoint holds, by the names under which it holds them."""
    reader = tf.train.load_checkpoint(checkpoint)
    types = reader.get_variable_to_dtype_map()
    return {name: reader.get_tensor(name) for name, kind in types.items() if kind != tf.string}


def differing(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> list[str]:
    """The names of the variables of which one side has other bits, or none."""
    return [
        name
        for name in sorted(before.keys() | after.keys())
        if name not in before
        or name not in after
        or before[name].dtype != after[name].dtype
        or before[name].tobytes() != after[name].tobytes()
    ]


def main():
    """Prints a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", nargs=2, type=pathlib.Path, metavar="CHECKOUT")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument(
        "--folder", type=pathlib.Path, help="where runs are kept; those in it are not made again"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        print("| run | variables | numbers | that differ |\n| --- | --- | --- | --- |")
        found = []
        for name in options.cases:
            sides = [
                variables(train(checkout.resolve(), CASES[name], folder / side / name))
                for side, checkout in zip(("before", "after"), options.checkouts, strict=True)
            ]
            found += (others := differing(*sides))
            size = sum(values.size for values in sides[0].values())
            print(f"| {name} | {len(sides[0])} | {size:,} | {_words(others)} |", flush=True)
    sys.exit(1 if found else 0)


def _words(names):
    return f"{len(names)}, such as {names[0]}" if names else "none"


if __name__ == "__main__":
    main()
