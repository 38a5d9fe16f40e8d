"""Pretrained models as a user meets them: drawn from, exported, fine-tuned, damaged, in time."""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from zoo.domains import pictures
from zoo.errors import PretrainedError
from zoo.pretrained import index, manifest
from zoo.runs import sampling

ROOT = pathlib.Path(__file__).parent.parent.parent
NAME = "surnames_lstm"
TEXT_AND_IMAGES = [name for name in (NAME, "mnist_dcgan_labels") if name in index.names()]

# The processor time of this thread, in seconds, beside the import of TensorFlow and Keras.
TIMED = """
import time, tensorflow, keras
begin = time.thread_time()
import zoo
zoo.load_pretrained("{name}")
print(time.thread_time() - begin)
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of a published folder."""
    return pathlib.Path(shutil.copytree(index.MODELS / NAME, tmp_path / "copy"))


def flip_a_bit(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)


def truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])


def remove(folder):
    (folder / "vocabulary.txt").unlink()


def make_newer(folder):
    path = folder / manifest.FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    content["format"] = manifest.FORMAT + 1
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "answer"),
    [
        (flip_a_bit, "model.safetensors is damaged: its SHA-256 is not the published one."),
        (truncate, "model.safetensors is damaged: its SHA-256 is not the published one."),
        (remove, "vocabulary.txt is missing."),
        (make_newer, f"is of format {manifest.FORMAT + 1}, which a newer version"),
    ],
)
def test_a_damaged_model_is_refused_in_a_sentence(copy, programs, tmp_path, damage, answer):
    damage(copy)
    with pytest.raises(PretrainedError):
        zoo.load_pretrained(copy)
    output = tmp_path / "output"
    for command in (
        ["sample.py", f"--output={output}"],
        ["-m", "export", f"--output={output}", "--name=x"],
    ):
        done = programs.run(*command, f"--pretrained={copy}")
        error = done.stderr.partition("\nError: ")[2]
        assert answer in error, done.stderr
        assert error.count("\n") == 1
        assert done.returncode == 1
        assert done.stdout == ""
        assert not output.exists()


def test_an_unknown_name_is_answered_with_the_nearest(programs):
    done = programs.run("sample.py", "--pretrained=surname_lstm")
    assert "There is no pretrained model 'surname_lstm'. Did you mean surnames_lstm" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("name", TEXT_AND_IMAGES)
def test_the_script_draws_the_sample_of_the_card(name, programs, tmp_path):
    output = tmp_path / "output"
    command = ["sample.py", f"--pretrained={name}", "--count=100", f"--output={output}"]
    done = programs.run(*command)
    assert f"Wrote 100 {'texts' if name == NAME else 'images'} to {output}." in done.stdout
    folder = index.MODELS / name
    if name == NAME:
        lines = output.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 100
        assert _shown(folder) == lines[:20]
    else:
        close(np.asarray(Image.open(output)), folder)


@pytest.mark.parametrize("name", TEXT_AND_IMAGES)
def test_its_export_answers_as_the_sample_of_the_card(name, programs, tmp_path):
    command = ["-m", "export", f"--pretrained={name}", f"--output={tmp_path}", f"--name={name}"]
    done = programs.run(*command)
    assert done.returncode == 0, done.stderr
    served = tf.saved_model.load(str(tmp_path / name / "1"))
    folder = index.MODELS / name
    if name == NAME:
        seeds = sampling.seeds(20, 0)[0]
        found = served.signatures["generate"](prompt=tf.fill([20], ""), seed=seeds)["text"]
        assert [text.decode() for text in found.numpy()] == _shown(folder)
    else:
        seeds = sampling.seeds(100, 0)[0]
        found = served.signatures["serving_default"](seed=seeds, label=seeds % 10)
        close(np.asarray(pictures.grid(found["image"].numpy(), 10, zoom=2)), folder)


def _shown(folder):
    return (folder / "sample.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n\n")


def close(drawn, folder):
    """Equal to the picture of the card up to a grey level, on any processor."""
    shown = np.asarray(Image.open(folder / "sample.png"))
    assert np.abs(drawn.astype(int) - shown).max() <= 1


@pytest.mark.parametrize("name", TEXT_AND_IMAGES)
def test_it_is_loaded_in_two_seconds_beside_the_import_of_tensorflow(name):
    command = [sys.executable, "-c", TIMED.format(name=name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout.split()[-1]) < 2


@pytest.fixture(scope="module")
def finer(tmp_path_factory):
    """A run on other names that was initialised from the published model, and not trained."""
    folder = tmp_path_factory.mktemp("finer")
    (folder / "names.txt").write_text(
        "Zoë\nMcAllister\nÉlodie-Anne\nRenée\n" * 20, encoding="utf-8"
    )
    made = zoo.Experiment(
        data=f"text_file(path={str(folder / 'names.txt')!r})",
        model="lstm(units=128, layers=1)",
        objective="maximum_likelihood",
        init_from=NAME,
        steps=1,
        batch_size=2,
        learning_rate=1e-12,
        sample_every=0,
    )
    return zoo.train(made, str(folder / "run"))


def _logits(run, text):
    """The logits [time] of each token after each prefix of a text, by token."""
    vocabulary = run.domain.vocabulary
    tokens = vocabulary.encode([text]).to_tensor()
    logits = run.generator.network(run.generator.shift(tokens)).numpy()[0]
    return dict(zip(vocabulary.tokens, logits.T, strict=True))


def test_on_other_text_known_tokens_are_predicted_as_before(finer):
    """The logit of a token needs its own row only, and the rows of the tokens before it."""
    here, there = _logits(finer, "Renllister"), _logits(zoo.load_pretrained(NAME), "Renllister")
    shared = here.keys() & there.keys()
    assert {"e", "R", "A"} < shared
    for token in shared:
        np.testing.assert_allclose(here[token], there[token], atol=1e-5)
    assert {"ë", "É", "-"} < here.keys() - there.keys()


def test_a_fine_tuned_run_writes_the_new_tokens(finer):
    assert finer.samples(3, prompt="Zoë")[0].startswith("Zoë")
