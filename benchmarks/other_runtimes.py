"""Converts a small model of each kind for each runtime, and writes the table of docs/serving.md.

  python -m export.converters.environment onnx converters/onnx    # and litert, and tfjs
  python -m benchmarks.other_runtimes --workdir=runs/other_runtimes --converters=converters

Each model is trained for five steps and converted by `export.export_form`, which asks the runtime
itself for the export's examples. A figure is the largest |difference| / max(1, |number|) from the
run's own answers. What is in WORKDIR/results.json already is not done again.
"""

import argparse
import json
import os
import pathlib

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENT = ROOT / "docs/serving.md"
BEGIN, END = "<!-- runtimes -->", "<!-- end of runtimes -->"
RUNTIMES = {
    "onnx": "ONNX, onnxruntime",
    "litert": "LiteRT",
    "tfjs": "TensorFlow.js",
}
GAN, LIKELIHOOD = "generalised_js(pi=0.5)", "maximum_likelihood"
MODELS = {
    "dcgan(width=4, latent_size=8)": ("mnist_5k", GAN),
    "dcgan(width=4, latent_size=8), labels": ("mnist_5k(labels=True)", GAN),
    "mlp_gan(width=16, latent_size=5)": ("mnist_5k", GAN),
    "lstm(units=16, layers=2)": ("surnames", LIKELIHOOD),
    "gru(units=16, layers=1)": ("surnames", LIKELIHOOD),
    "transformer(units=16, layers=2, heads=2)": ("surnames", LIKELIHOOD),
    "pixel_cnn(width=4, layers=2)": ("mnist_5k(binary=True)", LIKELIHOOD),
    "pixel_cnn(width=4, layers=2), labels": ("mnist_5k(binary=True, labels=True)", LIKELIHOOD),
    "text_gan(generator='lstm(units=16, layers=1)', width=8)": ("surnames", GAN),
    "resnet_gan(width=4, latent_size=8)": ("mnist_5k", GAN),
    "gaussian(discriminator_units=8)": ("gaussian_mixture(count=64)", GAN),
    "mediated(generator='lstm(units=16, layers=1)', mediator='lstm(units=16, layers=1)')": (
        "surnames",
        "mediated_js(pi=0.5)",
    ),
    "independent": ("surnames", LIKELIHOOD),
    "table": ("markov(order=2, vocabulary_size=3, length=4, count=64)", LIKELIHOOD),
}


def measure(name: str, workdir: pathlib.Path, converters: pathlib.Path, results: dict) -> None:
    """Adds the differences and refusals of one model in each runtime."""
    import zoo
    from export import export_form
    from export.errors import ExportError

    data, objective = MODELS[name]
    number = str(list(MODELS).index(name))
    experiment = zoo.Experiment(
        data=data,
        model=name.removesuffix(", labels"),
        objective=objective,
        steps=5,
        batch_size=16,
        strategy="cpu",
        checkpoint_every=0,
        sample_every=0,
    )
    run = zoo.train(experiment, str(workdir / number))
    for runtime in RUNTIMES:
        if runtime in results.setdefault(name, {}):
            continue
        python = str(converters / runtime / "bin/python")
        try:
            form = export_form(run, workdir / "served", number, runtime, python=python)
            found = {"differences": form.differences, "refused": form.refused}
        except ExportError as error:
            found = {"differences": {}, "refused": {"all": str(error)}}
        results[name][runtime] = found
        (workdir / "results.json").write_text(json.dumps(results, indent=2) + "\n")
        print(name, runtime, found, flush=True)


def table(results: dict) -> str:
    """The table in Markdown, and below it why something is missing."""
    heads = ["model", "signature", *RUNTIMES.values()]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    reasons = []
    for model, found in results.items():
        for signature in _signatures(found):
            cells = [_cell(found[runtime], signature, reasons) for runtime in RUNTIMES]
            lines.append(f"| `{_short(model)}` | `{signature}` | {' | '.join(cells)} |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join([*lines, "", *notes]).strip()


def _signatures(found):
    """The signatures of a model: those converted or refused by any runtime, in order."""
    names = [name for each in found.values() for part in each.values() for name in part]
    return [name for name in dict.fromkeys(names) if name != "all"]


def _short(model):
    """The model without its sizes."""
    return model.partition("(")[0] + (", labels" if model.endswith(", labels") else "")


def _cell(found, signature, reasons):
    if signature in found["differences"]:
        return f"{found['differences'][signature]:.1g}"
    reason = found["refused"].get(signature, found["refused"].get("all"))
    if reason not in reasons:
        reasons.append(reason)
    return f"refused ({reasons.index(reason) + 1})"


def main() -> None:
    """Converts all models, and writes the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workdir", type=pathlib.Path, required=True)
    parser.add_argument("--converters", type=pathlib.Path, required=True)
    given = parser.parse_args()
    path = given.workdir / "results.json"
    results = json.loads(path.read_text()) if path.is_file() else {}
    for name in MODELS:
        if set(RUNTIMES) - results.get(name, {}).keys():
            measure(name, given.workdir, given.converters, results)
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    written = f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}"
    DOCUMENT.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
