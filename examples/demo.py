"""Trains, samples, evaluates and exports two small models, and uses the exports, in minutes.

A generalised-JS GAN on 5,000 digits and a character LSTM on surnames. Every step is a command
that is printed before it runs. Rerunning it does not repeat finished training.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parent.parent
DIGITS, NAMES, SERVED = "runs/demo_digits", "runs/demo_names", "served"

COMMANDS = [
    (
        "Train a GAN on 5,000 digits by the generalised Jensen-Shannon divergence.",
        "train.py --data='mnist_5k(labels=True)' --model='dcgan(width=32)' "
        f"--objective='generalised_js(pi=0.5, r1=0.1)' --workdir={DIGITS} --steps=4000 "
        "--learning_rate=1e-3 --decay=cosine --optimizer='adam(beta_1=0.5)' --average_decay=0.999",
    ),
    (
        "Train a character LSTM on surnames by maximum likelihood.",
        "train.py --data=surnames --model='lstm(units=128)' --objective=maximum_likelihood "
        f"--workdir={NAMES} --steps=4000 --learning_rate=4e-3 --warmup_steps=100 --decay=cosine",
    ),
    ("Draw a grid of digits.", f"sample.py --workdir={DIGITS} --output={DIGITS}/digits.png"),
    ("Draw names.", f"sample.py --workdir={NAMES} --count=500 --output={NAMES}/names.txt"),
    ("Evaluate the digits.", f"evaluate.py --workdir={DIGITS}"),
    (
        "Evaluate the names by the metrics that need no reference language model.",
        f"evaluate.py --workdir={NAMES} --metrics=nll,ngram_tv,self_bleu,novelty",
    ),
    ("Export the digits.", f"-m export --workdir={DIGITS} --output={SERVED} --name=digits"),
    ("Export the names.", f"-m export --workdir={NAMES} --output={SERVED} --name=names"),
    (
        "Use the exported digits without Keras.",
        f"examples/use_export.py {SERVED}/digits --output={DIGITS}/served_digits.png",
    ),
    (
        "Use the exported names without Keras.",
        f"examples/use_export.py {SERVED}/names --prompt=Mar --count=12",
    ),
]


def main() -> None:
    """Runs the commands, then lists the results and next steps."""
    begin = time.monotonic()
    for number, (what, command) in enumerate(COMMANDS, start=1):
        print(f"\n[{number}/{len(COMMANDS)}] {what}\n$ python {command}", flush=True)
        ended = subprocess.run([sys.executable, *shlex.split(command)], cwd=ROOT)
        if ended.returncode != 0:
            sys.exit(f"Step {number} ended with status {ended.returncode}; see above.")
    names = (ROOT / NAMES / "names.txt").read_text(encoding="utf-8").split()[:12]
    minutes = (time.monotonic() - begin) / 60
    python = pathlib.Path(os.path.relpath(sys.executable, ROOT))
    print(f"""
Done in {minutes:.1f} minutes.

Digits   {DIGITS}/digits.png, and their history: {DIGITS}/samples/
Names    {", ".join(names)} ...
         in {NAMES}/names.txt
Reports  {DIGITS}/report.html, {NAMES}/report.html: open them in a browser
Curves   {python.parent}/tensorboard --logdir=runs
Models   {SERVED}/digits, {SERVED}/names: SavedModels, each with a README on how to use it

Next, train on all of MNIST (downloads it):
  {python} train.py --flagfile=experiments/mnist_dcgan_labels.flags
Your own text:
  {python} train.py --data="text_file(path='my.txt')" --model='lstm(units=256)' \\
    --objective=maximum_likelihood --workdir=runs/mine
TensorFlow Serving:
  docker run --rm -p 8501:8501 -v "$PWD/{SERVED}/digits:/models/digits" tensorflow/serving \\
    --model_config_file=/models/digits/models.config""")


if __name__ == "__main__":
    main()
