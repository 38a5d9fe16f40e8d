"""Makes a published folder from a run: weights, card, metrics, a sample, the manifest."""

import dataclasses
import json
import pathlib
import platform
import shutil
import tempfile
from collections.abc import Callable

from zoo import spec
from zoo.domains import Image, pictures
from zoo.errors import PretrainedError
from zoo.objectives.base.contracts import EstimatesDensityRatio
from zoo.pretrained import card, index, manifest, weights
from zoo.runs.run import Run

_WEIGHTS = "model.safetensors"
_LIKELIHOODS = ("nll", "perplexity", "bits_per_character", "bits_per_dim")
_OTHER_RUNS = ("init_from", "init_discriminator_from")


def publish(
    run: Run,
    facts: card.Facts,
    output: pathlib.Path,
    evaluate: Callable,
    count: int = 1000,
) -> pathlib.Path:
    """Writes the folder `output`/NAME, complete or not at all.

    In the folder of the models that come with this package, it is entered in their index.

    The weights have the smallest of `weights.DTYPES` that `keeps_figures` allows; metrics.json
    is measured on the weights as they are in the folder.

    Args:
        run: the run to publish; it has the published weights afterwards.
        facts: for the card.
        output: the folder that gets the new one.
        evaluate: measures a run and writes metrics.json into its `results`, as `zoo.evaluate` does.
        count: the number of samples that are measured.

    Returns:
        The new folder.

    Raises:
        PretrainedError: the name is taken, or the model is of points.
    """
    final = output / facts.name
    if final.exists():
        raise PretrainedError(f"{final} exists already. Remove it, or give another name.")
    if run.domain.kind == "points":
        raise PretrainedError("Models of texts and of images are published; this one is of points.")
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output) as temporary:
        exact = pathlib.Path(temporary, "float32")
        evaluate(_written(run, exact, "float32"), count=count)
        chosen = _smallest(run, exact, evaluate, count)
        weights.load(chosen / _WEIGHTS, _components(run))
        _write_card(run, facts, chosen)
        sha256 = manifest.write(chosen, facts.name, facts.summary)
        chosen.rename(final)
    if output.resolve() == index.MODELS.resolve():
        index.add(facts.name, sha256, facts.summary)
    return final


def _smallest(run, exact, evaluate, count):
    """The folder of the smallest weights that keep the figures of those in float32."""
    *fewer_bits, _ = weights.DTYPES
    for dtype in fewer_bits:
        folder = exact.with_name(dtype)
        weights.load(exact / _WEIGHTS, _components(run))
        evaluate(_written(run, folder, dtype), count=count)
        if keeps_figures(exact, folder):
            return folder
    return exact


def _written(run, folder, dtype):
    """Writes the experiment, the tokenizer and the weights, which the run has afterwards.

    Returns:
        The run as it is loaded from the folder: with these weights, and their temperature.
    """
    folder.mkdir()
    record = json.loads((run.folder.path / "experiment.json").read_text(encoding="utf-8"))
    record["experiment"] = without_paths(record["experiment"])
    record["format"] = manifest.FORMAT
    _write_json(folder / "experiment.json", record)
    if (run.folder.path / "vocabulary.txt").is_file():
        shutil.copyfile(run.folder.path / "vocabulary.txt", folder / "vocabulary.txt")
    weights.save(folder / _WEIGHTS, _components(run), run.step, dtype)
    weights.load(folder / _WEIGHTS, _components(run))
    rounded = dataclasses.replace(run, results=folder, published_temperature=None)
    if not isinstance(run.objective, EstimatesDensityRatio):
        return rounded
    temperature = rounded.calibration_temperature
    weights.add_calibration_temperature(folder / _WEIGHTS, temperature)
    return dataclasses.replace(rounded, published_temperature=temperature)


def _components(run):
    return {name: network.variables for name, network in run.model.networks().items()}


def without_paths(experiment: dict) -> dict:
    """The fields of an experiment with the names of files instead of their paths here."""
    folders = {"data": "data", "objective": "objectives"}
    specs = {
        field: spec.read(folder, experiment[field]).without_paths(index.is_name).text
        for field, folder in folders.items()
    }
    others = [experiment.get(field) for field in _OTHER_RUNS]
    begun = zip(_OTHER_RUNS, (other and pathlib.Path(other).name for other in others), strict=True)
    return experiment | specs | {"data_dir": None} | dict(begun)


def keeps_figures(exact: pathlib.Path, rounded: pathlib.Path) -> bool:
    """Tells whether rounded weights are as good as the exact ones.

    Likelihoods have to agree within a twentieth of their standard error, and be printed alike where
    they have none. A sample that a rounded weight changes is another draw of nearly the same
    distribution, so that figures of samples have to agree within three standard errors: of 25
    figures of two draws one differs by more than two in 7 cases of 10, by more than three in 7 of
    100.

    Args:
        exact: a folder with the metrics.json of the weights in float32.
        rounded: one with that of the same weights in fewer bits.
    """
    before, after = (
        json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["metrics"]
        for folder in (exact, rounded)
    )
    return before.keys() == after.keys() and all(
        _same_likelihood(before[name], after[name])
        if name.partition("@")[0] in _LIKELIHOODS
        else card.within_errors(before[name], after[name], errors=3)
        for name in before
    )


def _same_likelihood(before, after):
    if None in (before["value"], after["value"], before["standard_error"]):
        return card.figure(before) == card.figure(after)
    return abs(before["value"] - after["value"]) <= before["standard_error"] / 20


def _write_card(run, facts, folder):
    record = json.loads((folder / "experiment.json").read_text(encoding="utf-8"))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["experiment"] = without_paths(metrics["experiment"])
    metrics["hardware"] = processor()
    _write_json(folder / "metrics.json", metrics)
    for unwanted in (*folder.glob("*.html"), *folder.glob(".lock")):
        unwanted.unlink()
    sample = _write_sample(run, folder)
    num_weights = sum(int(variable.numpy().size) for variable in run.generator.variables)
    text = card.card(facts, record, metrics, sample, num_weights)
    (folder / "README.md").write_text(text, encoding="utf-8")


def _write_sample(run, folder):
    """Samples of seed 0 as a file, and the Markdown that shows them."""
    if isinstance(run.domain, Image):
        pictures.save(pictures.grid(run.samples(100), 10, zoom=2), folder / "sample.png")
        return "![samples of seed 0](sample.png)"
    texts = run.samples(3 if run.domain.contiguous else 20)
    (folder / "sample.txt").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    return card.fenced("\n".join(texts[:1] if run.domain.contiguous else texts))


def processor() -> str:
    """The name of this machine's processor."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _write_json(path, content):
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8")
