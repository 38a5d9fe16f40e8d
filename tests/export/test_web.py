"""The page of examples/web: what it is built from, and what it does in a browser."""

import html
import json
import pathlib
import re
import shutil
import subprocess

import pytest

import export

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def page(load_program):
    return load_program("examples/web/build.py")


def form(folder, signatures, **metadata):
    """A form's folder with its metadata alone."""
    folder.mkdir(parents=True)
    document = {"format": "tfjs", "signatures": signatures, "refused": {}} | metadata
    (folder / "metadata.json").write_text(json.dumps(document))
    return folder


def test_a_form_that_the_page_cannot_show_is_refused_with_the_reason(page, tmp_path):
    point = {"outputs": {"point": {"shape": [None, 2]}}}
    cases = {
        "is for onnx": form(tmp_path / "a", {}, format="onnx"),
        "logits: no such operation": form(
            tmp_path / "b", {}, refused={"logits": "no such operation"}
        ),
        "neither decodes images": form(tmp_path / "c", {"decode": point}),
        "nor has logits of texts": form(tmp_path / "d", {"logits": {"outputs": {}}}),
        "holds no form": tmp_path,
    }
    for reason, folder in cases.items():
        with pytest.raises(ValueError, match=reason):
            page.model(folder)


def test_runs_of_the_same_inputs_share_their_sliders_in_the_order_of_pi(page):
    image = {"kind": "image", "shape": [28, 28, 1], "size": 5, "classes": 10, "prior": "normal"}
    models = [
        image | {"pi": "0.99"},
        {"kind": "text"},
        image | {"pi": "0.1"},
        image | {"pi": "0.5", "size": 6},
    ]
    found = page.grouped(models)
    shown = [(each["group"], each.get("pi"), each.get("size")) for each in found]
    assert shown == [(0, "0.1", 5), (0, "0.99", 5), (1, None, None), (2, "0.5", 6)]


def gan(tiny_run, pi, seed):
    """A conditional generator of images, trained for two steps from weights of its own."""
    return tiny_run(
        data="mnist_5k(labels=True)",
        model="mlp_gan(width=16, latent_size=5, maxout_units=8, maxout_pieces=2)",
        objective=f"generalised_js(pi={pi})",
        seed=seed,
        batch_size=64,
    )


def driven(chromium, page):
    """What drive.js found, and what Chromium wrote on the console."""
    shutil.copyfile(HERE / "drive.js", page / "drive.js")
    text = (page / "index.html").read_text(encoding="utf-8")
    script = '<script src="page.js"></script>'
    driver = f'<script src="drive.js"></script>\n{script}'
    (page / "driven.html").write_text(text.replace(script, driver), encoding="utf-8")
    command = [chromium, "--headless=new", "--no-sandbox", "--enable-logging=stderr", "--dump-dom"]
    command += [f"--user-data-dir={page / 'profile'}", "--virtual-time-budget=120000"]
    done = subprocess.run(
        [*command, f"file://{page}/driven.html"], capture_output=True, text=True, timeout=300
    )
    found = re.search(r'<pre id="driven">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:]
    return json.loads(html.unescape(found[1])), re.findall(r".*CONSOLE.*", done.stderr)


def test_the_page_draws_and_writes(tiny_run, names_run, converters, page, tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium")
    runs = {
        "low": gan(tiny_run, 0.1, seed=0),
        "high": gan(tiny_run, 0.9, seed=1),
        "names": names_run,
    }
    python = str(converters / "tfjs/bin/python")
    folders = [
        str(export.export_form(run, tmp_path, name, "tfjs", python=python).path)
        for name, run in runs.items()
    ]
    modules = converters / "tfjs/node_modules"
    page.main([f"--output={tmp_path / 'page'}", f"--node_modules={modules}", *folders])
    found, console = driven(chromium, tmp_path / "page")
    assert (found["complaints"], console) == ([], [])
    assert found["backend"] == "wasm"
    images = {"π", "class", "seed", "towards another"}
    images |= {f"latent {number}, added" for number in range(1, 6)}
    expected = {f"model-0 {name}" for name in images}
    expected |= {f"model-1 {name}" for name in ("prompt", "temperature", "seed")}
    assert found["changed"] == dict.fromkeys(expected, True)
    assert len(found["texts"]) == 8
    assert all(text.startswith("Mc") for text in found["texts"])
