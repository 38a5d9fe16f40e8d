"""What the benchmarks time of the zoo, and how times become a table. PyTorch is not needed."""

import json
import math
import pathlib
import re

import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"
RECORDS = sorted((FOLDER.parent / "docs/figures").glob("benchmarks-*.json"))


@pytest.mark.parametrize(("kind", "units"), [("lstm", 4), ("transformer", 8)])
def test_training_steps_train_and_samples_are_of_the_case(works, kind, units):
    """On one batch the nats fall; twenty steps are enough to tell."""
    made = works(
        "autoregressive", kind=kind, units=units, layers=1, vocabulary_size=6, length=5, batch=2
    )
    for work in ("maximum likelihood", "scheduled sampling"):
        nats = [made[f"zoo: {work}"]() for _ in range(20)]
        assert np.shape(nats) == (20,)
        assert np.all(np.isfinite(nats))
        assert 0 < nats[-1] < nats[0]
    samples = made["zoo: sampling"]()
    assert samples.shape == (2, 5)
    assert set(np.unique(samples)) <= {1, 2, 3, 4, 5}  # 0 is the unknown token
    np.testing.assert_array_equal(made["zoo: sampling"](), samples)


def test_an_adversarial_step_begins_where_nothing_is_told_apart(works):
    """The loss -softplus(D)/π at π = 1/2, where D is about 0: -2 log 2, and it moves."""
    made = works("adversarial", width=4, batch=4, r1=0.1)
    for name in ("zoo: step", "zoo in bfloat16: step"):
        losses = [made[name]() for _ in range(3)]
        assert np.shape(losses) == (3,)
        np.testing.assert_allclose(losses[0], -2 * math.log(2), atol=0.1)  # D of ±0.1 at first
        assert len(set(losses)) == 3


@pytest.mark.parametrize(
    ("program", "sizes"),
    [
        ("autoregressive", {"kind": "gru", "units": 4, "layers": 1, "vocabulary_size": 6}),
        ("autoregressive", {"kind": "transformer", "units": 8, "layers": 1, "length": 5}),
        ("adversarial", {"width": 4}),
    ],
)
def test_each_work_stands_beside_pytorchs_and_the_processors_speed(load, works, program, sizes):
    """By the names of both sides, each row has all its figures."""
    source = (FOLDER / f"{program}_torch.py").read_text(encoding="utf-8")
    theirs = set(re.findall(r'"(torch: [^"]+)"', source))
    ours = set(works(program, **sizes))
    tasks = {name.split(": ")[1] for name in ours} - {"matrix product"}
    assert tasks <= {name.removeprefix("torch: ") for name in theirs}
    case = load(program).Case(**sizes)
    made = list(load("rows").build(case, {name: [1.0, 2.0, 3.0] for name in ours | theirs}))
    assert {f"{each['library']}: {each['task']}" for each in made} == {
        name for name in ours if "matrix product" not in name
    }
    for each in made:
        assert each["ratio"] == [1.0, 1.0, 1.0]
        assert each["share"] == pytest.approx(each["gflops"] / each["product_gflops"])
        assert json.loads(json.dumps(each)) == each
        assert load("rows").line(each).count("|") == len(load("rows").HEADER) + 1


@pytest.mark.parametrize(
    "sizes",
    [
        {"kind": "lstm", "units": 4, "vocabulary_size": 6, "length": 5},
        {"kind": "dcgan", "units": 2, "latent_size": 3},
    ],
)
def test_every_signature_is_timed_at_each_number_of_rows(works, sizes):
    made = works("serving", **sizes)
    names = {name.removeprefix("zoo: ") for name in made}
    assert {"generate, 1 rows", "generate, 256 rows", "load"} <= names
    source = (FOLDER / "serving_torch.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"torch: ([a-z]+)"', source)) == {"load"} <= names
    for name, work in made.items():
        if name != "zoo: load":
            (count,) = re.findall(r", (\d+) rows", name)
            assert {len(rows) for rows in work().values()} == {int(count)}
    samples = made["zoo: generate, 16 rows"]()
    assert not any(samples.get("error", []))
    if sizes["kind"] == "lstm":
        assert set(samples["num_tokens"]) == {5}


TIMES = {  # seconds of three rounds
    "zoo: sampling": [0.002, 0.004, 0.010],
    "zoo: maximum likelihood": [0.001, 0.001, 0.001],
    "zoo: scheduled sampling": [0.001, 0.002, 0.003],
    "torch: sampling": [0.006, 0.008, 0.005],
    "torch: maximum likelihood": [0.003, 0.002, 0.0005],
    "torch: scheduled sampling": [0.0005, 0.001, 0.0015],
    "zoo: matrix product": [0.1, 0.1, 0.1],
}


def test_rows_are_the_rounds_ratios_and_are_held_against_goals(load):
    """Of torch's sampling by the zoo's the ratios are 3, 2 and 1/2; that of the medians is 2."""
    case = load("autoregressive").Case("lstm", 128, 2)
    made = list(load("rows").build(case, TIMES))
    found = {(each["task"], each["compared"][:5]): each for each in made}
    expected = {
        ("sampling", "speed"): ([0.5, 2.0, 3.0], 2.0, True),
        ("maximum likelihood", "speed"): ([0.5, 2.0, 3.0], 1.0, True),
        ("scheduled sampling", "speed"): ([0.5, 0.5, 0.5], 1.5, False),
        ("scheduled sampling", "time,"): ([1.0, 2.0, 3.0], 1.3, False),
    }
    assert found.keys() == expected.keys()
    for key, (ratio, goal, reached) in expected.items():
        np.testing.assert_allclose(found[key]["ratio"], ratio)
        assert (found[key]["goal"], found[key]["reached"]) == (goal, reached)
    sampling = found["sampling", "speed"]
    done = load("flops").count(case, "sampling")
    assert sampling["gflops"] == pytest.approx(done / 0.004 / 1e9)
    assert sampling["share"] == pytest.approx((done / 0.004) / (2 * 2048**3 / 0.1))
    line = load("rows").line(found["scheduled sampling", "time,"])
    assert "relative to maximum likelihood | zoo | 2.0 | 2.00 (1.00-3.00) | ≤ 1.3 | **no**" in line


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_page_has_the_table_of_a_processor(load, path):
    """`python -m benchmarks` writes its JSON."""
    record, rows = json.loads(path.read_text(encoding="utf-8")), load("rows")
    both = load("side_by_side")
    header = [both.row(*rows.HEADER), f"|{'---|' * len(rows.HEADER)}"]
    text = (FOLDER.parent / "docs/performance.md").read_text(encoding="utf-8")
    assert "\n".join([*header, *map(rows.line, record["rows"])]) in text
    peak = max(row["product_gflops"] for row in record["rows"] if row["library"] == "zoo")
    assert f"The largest products in float32 reach {peak:.0f} GFLOP/s." in text
    for row in record["rows"]:
        ours, others = row["seconds"], row["others_seconds"]
        pairs = (others, ours) if row["compared"] == rows._FASTER else (ours, others)
        np.testing.assert_allclose(row["ratio"], both.quartiles(*pairs))


def test_the_page_says_where_the_time_goes_where_a_goal_is_missed(load):
    """Each is named as `benchmarks/operations.py` takes it."""
    cases = {str(case): name for name, case in load("__main__").CASES.items()}
    text = (FOLDER.parent / "docs/performance.md").read_text(encoding="utf-8")
    section = text.partition("#### Where goals are missed")[2].partition("\n### ")[0]
    named = {
        (case, task)
        for line in section.splitlines()
        for case in re.findall(r"`(\w+)`", line.split("|")[1] if line.startswith("|") else "")
        for task in re.findall(r"`(zoo[^`]*)`", line.split("|")[2])
    }
    missed = {
        (cases[row["case"]], f"{row['library']}: {row['task']}")
        for path in RECORDS
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]
        if row["reached"] is False
    }
    assert named == missed


def test_only_what_is_comparable_has_a_goal(load):
    rows, sequences, pair = load("rows"), load("autoregressive").Case, load("adversarial").Case
    goals = {
        (sequences("lstm", 512, 2), "zoo", "sampling"): 1.5,
        (sequences("gru", 128, 2), "zoo with XLA", "sampling"): 2.0,
        (sequences("transformer", 128, 4), "zoo", "sampling"): 1.5,
        (sequences("lstm", 32, 1), "zoo", "sampling"): None,
        (sequences("lstm", 32, 1), "zoo", "maximum likelihood"): 1.0,
        (sequences("transformer", 128, 4), "zoo", "scheduled sampling, token by token"): 1.5,
        (pair(32), "zoo with XLA", "step"): 1.4,
        (pair(32), "zoo in bfloat16", "step"): None,
    }
    for asked, goal in goals.items():
        assert rows._least(*asked) == goal


def test_cells_of_serving_have_a_ratio_where_pytorch_has_the_task(load):
    """Of PyTorch's by the zoo's the ratios are 3, 2 and 1/2."""
    cells, times = load("serving").cells, {"zoo: score, 1 rows": [0.001, 0.002, 0.004]}
    times |= {"zoo: load": [0.002, 0.004, 0.010], "torch: load": [0.006, 0.008, 0.005]}
    assert cells("zoo: load", times) == ["load", "zoo", "4.00", "2.00 (0.50-3.00)"]
    assert cells("torch: load", times) == ["load", "torch", "6.00", ""]
    assert cells("zoo: score, 1 rows", times) == ["score, 1 rows", "zoo", "2.00", ""]


def test_quartiles_lie_between_the_rounds(load):
    """Of 1, 2, 3 and 4 at a quarter, two and three quarters of five: 1.25, 2.5 and 3.75."""
    both = load("side_by_side")
    found = both.quartiles([4, 3, 2, 1], [1, 1, 1, 1])
    assert found == [1.25, 2.5, 3.75]
    assert both.ratio(*found) == "2.50 (1.25-3.75)"


def test_a_row_is_a_line_of_a_table(load):
    assert load("side_by_side").row("a", "", "1.00") == "| a |  | 1.00 |"


def test_a_program_without_enough_rounds_or_pytorch_says_so(load, monkeypatch, capsys):
    options = load("options")
    for rounds in ("1", "many"):
        with pytest.raises(SystemExit):
            options.parser("", {"a": 1}, rounds=3).parse_args([f"--rounds={rounds}"])
        assert "two rounds at least" in capsys.readouterr().err
    monkeypatch.setattr(options.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="PyTorch is missing"):
        options.require_torch()


def test_the_processor_is_named_with_what_makes_products_fast(load, tmp_path):
    machine = load("machine")
    path = tmp_path / "cpuinfo"
    lines = ["processor\t: 0", "cpu family\t: 25", "model\t\t: 17", "model name\t: AMD EPYC"]
    path.write_text("\n".join([*lines, "flags\t\t: fpu sse2 avx2 avx512f amx_bf16", ""]))
    found = machine.processor(path)
    assert (found["name"], found["family"], found["model"]) == ("AMD EPYC", "25", "17")
    assert found["instruction_sets"] == ["avx2", "avx512f", "amx_bf16"]
    assert machine.sentence(found).startswith("AMD EPYC, ")
    assert machine.sentence(found).endswith("cores, family 25, model 17, avx2, avx512f, amx_bf16")
    assert machine.file_name(found) == "amd-epyc"
    path.write_text("processor: 0\nFeatures: fp asimd sve\n")
    assert machine.processor(path)["instruction_sets"] == ["asimd", "sve"]
    elsewhere = machine.processor(tmp_path / "none")
    assert elsewhere["name"]
    assert machine.sentence(elsewhere).endswith("instruction sets unknown")
