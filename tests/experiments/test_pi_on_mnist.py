"""The program of experiments/pi_on_mnist.py: resumed, it repeats nothing that is finished."""

import json
import pathlib

import pytest

from zoo.errors import SpecError

ROOT = pathlib.Path(__file__).parents[2]

MODEL = "mlp_gan(width=8, maxout_units=4)"


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("experiments/pi_on_mnist.py")


LABELLED = ["--data=mnist(labels=True)", "--models", "dcgan(width=32)", "--steps=3000"]


@pytest.mark.parametrize("given", [[], [*LABELLED, "--output=docs/figures/mnist_labels"]])
def test_the_document_has_the_table_of_the_results(program, given, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = program.arguments_of(given)
    table = program.table(program.read(arguments), arguments)
    assert table in (ROOT / "docs" / "objectives.md").read_text(encoding="utf-8")


def test_it_goes_on_where_it_stopped(program, tmp_path, monkeypatch, capsys):
    trained, train = [], program.train

    def recorded(made, workdir):
        if not pathlib.Path(workdir).exists():
            trained.append((made.objective, made.seed))
        return train(made, workdir)

    monkeypatch.setattr(program, "train", recorded)
    given = ["--data=mnist_5k", "--models", MODEL, "--steps=2", "--count=40", "--seeds", "0"]
    given += [f"--output={tmp_path / 'figures'}", f"--workdir={tmp_path / 'runs'}"]
    program.main([*given, "--pis", "0.1"])
    program.main([*given, "--pis", "0.1", "0.9"])
    assert trained == [(f"generalised_js(pi={pi}, r1=0.1)", 0) for pi in (0.1, 0.9)]
    found = json.loads((tmp_path / "figures" / "pi_on_mnist.json").read_text())
    assert [run["pi"] for run in found["runs"].values()] == [0.1, 0.9]
    for run in found["runs"].values():
        assert run["measured"].keys() >= program.MEASURES.keys()
        assert sum(run["measured"]["class_shares"]) == pytest.approx(1)
    assert found["ceiling"]["num_classes_seen"] == 10
    *_, last, ceiling = capsys.readouterr().out.strip().splitlines()
    recall = found["runs"][list(found["runs"])[1]]["measured"]["recall"]
    assert last.startswith(f"| `{MODEL}` | 0.9 |")
    assert f"| {recall:.3f} |" in last
    assert ceiling.startswith("| other real images |")
    for file in ("pi_on_mnist.svg", "pi_on_mnist_classes.svg", "pi_on_mnist.png"):
        assert (tmp_path / "figures" / file).stat().st_size > 1000
    with pytest.raises(SpecError, match=r"at 2 steps, now 3: pass another --output"):
        program.main([*given, "--pis", "0.1", "--steps=3"])
    with pytest.raises(SpecError, match=r"now .*'count': 30.*: move it, or"):
        program.main([*given, "--pis", "0.1", "--count=30"])
