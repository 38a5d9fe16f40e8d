"""The program of experiments/text_objectives.py: resumed, it repeats nothing that is finished."""

import json
import pathlib

import pytest

from zoo.errors import SpecError

DOCS = pathlib.Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("experiments/text_objectives.py")


@pytest.mark.parametrize("name", ["surnames", "captions"])
def test_the_document_has_the_table_of_the_results(program, name):
    found = json.loads((DOCS / "figures" / f"texts_{name}.json").read_text(encoding="utf-8"))
    assert program.table(found) in (DOCS / "objectives.md").read_text(encoding="utf-8")


def test_it_goes_on_where_it_stopped(program, tmp_path, monkeypatch, capsys):
    trained, train = [], program.text_kinds.trained

    def recorded(name, *rest):
        trained.append(name)
        return train(name, *rest)

    monkeypatch.setattr(program.text_kinds, "trained", recorded)
    given = ["--data=surnames", "--name=names", "--units=4", "--steps=2", "--count=60"]
    given += [f"--output={tmp_path / 'figures'}", f"--workdir={tmp_path / 'runs'}"]
    kinds = ["maximum likelihood", "mediator from likelihood"]
    program.main([*given, "--kinds", kinds[0]])
    program.main([*given, "--kinds", *kinds])
    assert trained == [*kinds, kinds[0]]  # the last is what the second begins from: it is there
    found = json.loads((tmp_path / "figures" / "texts_names.json").read_text())["runs"]
    assert list(found) == kinds
    printed = capsys.readouterr().out
    for name, each in found.items():
        assert each["measured"].keys() == program.MEASURES.keys()
        assert len(each["samples"]) == program.SAMPLES
        assert f"| {name} | {each['measured']['nll']:.3f} |" in printed
        assert f"    {each['samples'][0]}\n" in printed
    assert f"| other real texts |  | {each['ceilings']['bleu_2']:.3f} |" in printed
    with pytest.raises(SpecError, match=r"'count': 50.*: move it, or"):
        program.main([*given, "--count=50"])
