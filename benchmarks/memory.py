"""Measures memory, in a process of its own: of a training run at several places.

python benchmarks/memory.py corpus --megabytes 1 2000   a small LSTM on corpora of these sizes
python benchmarks/memory.py steps --steps 5000          every trainer: does memory grow, does a
                                                        step get traced again?

RssAnon of /proc/PID/status is what a process has allocated and not given back; pages of files that
are mapped into memory do not count, since the system takes them back as it likes. It is read twice
a second. Linux only.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parent.parent
_WORDS = 20_000  # different words of the corpus
_PAIR = 'text_gan(generator="lstm(units=16, layers=1)", width=8)'
CASES = {
    "likelihood": ("surnames", "lstm(units=16, layers=1)", "maximum_likelihood"),
    "scheduled sampling": ("surnames", "gru(units=16, layers=1)", "scheduled_sampling"),
    "transformer": ("surnames", "transformer(units=16, layers=1, heads=2)", "maximum_likelihood"),
    "adversarial": ("mnist_5k", "dcgan(width=4)", "generalised_js(r1=0.1)"),
    "adversarial, texts": ("surnames", _PAIR, "generalised_js(estimator='reinforce()')"),
    "adversarial, Gumbel": ("surnames", _PAIR, "generalised_js(estimator='gumbel_softmax()')"),
    "cooperative": ("surnames", 'mediated(generator="lstm(units=16, layers=1)")', "mediated_js"),
    "implicit": ("gaussian_mixture", "gaussian", "moment_matching"),
    "discriminative": ("gaussian_mixture", "gaussian", "density_ratio"),
    "distillation": (
        "surnames",
        "gru(units=16, layers=1)",
        "distillation(teacher='surnames_lstm', own=0.5)",
    ),
}
_BEGUN_BY = {"discriminative": "moment_matching"}  # trains a run to initialise from, for one step


def anonymous(pid: int) -> int:
    """RssAnon of a process in kB, 0 where it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(lines[0].split()[1]) if lines else 0


def last_step(run: pathlib.Path) -> int:
    """The step of the newest checkpoint of a run folder, 0 where there is none."""
    found = [path.stem.rpartition("-")[2] for path in (run / "checkpoints").glob("ckpt-*.index")]
    return max(map(int, found), default=0)


def watched(flags: list[str], run: pathlib.Path) -> tuple[list[tuple[int, int]], str]:
    """Trains with `train.py` and watches its memory.

    Args:
        flags: those of `train.py`, but for the run folder.
        run: the run folder.

    Returns:
        RssAnon in kB and the step of the newest checkpoint, twice a second; and what the program
        printed.

    Raises:
        RuntimeError: training failed.
    """
    command = [sys.executable, str(ROOT / "train.py"), *flags, f"--workdir={run}", "--strategy=cpu"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=printed, env=environment)
        found = []
        while process.poll() is None:
            found.append((anonymous(process.pid), last_step(run)))
            time.sleep(0.5)
        printed.seek(0)
        text = printed.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{text}")
    return [(memory, step) for memory, step in found if memory], text


def write_corpus(path: pathlib.Path, megabytes: int) -> None:
    """Writes a text of words whose frequencies fall as those of a language do (Zipf)."""
    import numpy as np

    draws = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(draws.choice(letters, 1 + draws.poisson(4))) for _ in range(_WORDS)])
    frequencies = 1 / np.arange(1, _WORDS + 1)
    frequencies /= frequencies.sum()
    left = megabytes * 10**6
    with path.open("w", encoding="utf-8") as file:
        while left > 0:
            text = " ".join(draws.choice(words, 10**5, p=frequencies))
            left -= file.write(text[:left] + "\n")


def corpus(sizes: list[int], steps: int, level: str) -> Iterator[dict]:
    """Peaks of training a small LSTM on corpora of these sizes."""
    for megabytes in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "corpus.txt"
            write_corpus(path, megabytes)
            flags = [
                f"--data=text_file(path={str(path)!r}, layout='running', level={level!r})",
                "--model=lstm(units=32, layers=1)",
                "--objective=maximum_likelihood",
                f"--steps={steps}",
                f"--data_dir={folder}/data",
                "--sample_every=0",
            ]
            begun = time.perf_counter()
            found, _ = watched(flags, pathlib.Path(folder, "run"))
            yield {
                "corpus": f"{megabytes:,} MB, {level}s",
                "peak": max(memory for memory, _ in found) // 1000,
                "seconds": round(time.perf_counter() - begun),
            }


def growth(steps: int, cases: list[str]) -> Iterator[dict]:
    """Memory of trainers after a fifth of their steps and shortly before their end."""
    early, every = steps // 5, steps // 20
    for name in cases:
        data, model, objective = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            parts = [f"--data={data}", f"--model={model}", "--batch_size=8"]
            flags = [*parts, f"--objective={objective}", f"--steps={steps}"]
            flags += [f"--sample_every={every}", f"--checkpoint_every={every}"]
            if name in _BEGUN_BY:
                first = pathlib.Path(folder, "first")
                watched([*parts, f"--objective={_BEGUN_BY[name]}", "--steps=1"], first)
                flags.append(f"--init_from={first}")
            found, printed = watched(flags, pathlib.Path(folder, "run"))
            after = [memory for memory, step in found if early <= step < steps]
            yield {
                "trainer": name,
                f"after {early} steps": after[0] / 1000,
                f"before step {steps}": after[-1] / 1000,
                "traced again": printed.count("triggered tf.function retracing"),
            }


def main(arguments: list[str] | None = None) -> None:
    """Prints a line per case, and all as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("corpus", "steps"))
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 2000])
    parser.add_argument("--level", choices=("character", "word"), default="character")
    parser.add_argument("--steps", type=int, help="by default 200 of a corpus, else 5,000")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    given = parser.parse_args(arguments)
    if given.what == "corpus":
        rows = corpus(given.megabytes, given.steps or 200, given.level)
    else:
        rows = growth(given.steps or 5000, given.cases)
    found = []
    for row in rows:
        found.append(row)
        print("  ".join(f"{key}: {value}" for key, value in row.items()), flush=True)
    print(json.dumps({"MB": found}))


if __name__ == "__main__":
    main()
