from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import spec
from zoo.errors import SpecError, ZooError

literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True).filter(
    lambda word: not __import__("keyword").iskeyword(word)
)


@given(names, st.dictionaries(names, literals, max_size=4))
def test_literals_round_trip(name, arguments):
    written = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    assert spec.parse(f"{name}({written})") == (name, arguments)


def test_a_name_alone_has_no_arguments():
    assert spec.parse("mnist") == spec.parse(" mnist() ") == ("mnist", {})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("mediated(generator='gru(units=8)')", "mediated(generator='gru( units=8,layers=2)')"),
        ("text_gan", "text_gan(generator='lstm(layers=1,units=32)')"),
        ("dcgan", "dcgan()"),
    ],
)
def test_specs_within_specs_are_compared_by_what_they_mean(text, same):
    meaning = spec.read("models", text).meaning()
    assert meaning == spec.read("models", same).meaning()
    assert meaning != spec.read("models", "mediated(generator='gru')").meaning()


def test_lists_and_whole_numbers_mean_the_same_as_tuples_and_others():
    texts = "generalised_js(pi=[0.5, 1.0])", "generalised_js(pi=(0.5, 1))"
    first, second = (spec.read("objectives", text).meaning() for text in texts)
    assert first == second


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a(",
        "a(1)",
        "a(x=)",
        "a(x=b)",
        "a(x=1, x=2)",
        "a(**{'x': 1})",
        "a(*[1])",
        "a.b",
        "a.b(x=1)",
        "a()()",
        "1",
        "'a'",
        "[a]",
        "a; b",
        "a(x=1)\nb",
        "lambda: 1",
        "a(x=__import__('os').system('true'))",
        "a(x=[].append)",
        "a(x=(lambda: 1)())",
        "a(x=f'{1}')",
        "a(x=[i for i in 'ab'])",
        "a(x=9**9**9)",
        "a(x=" + "(" * 300 + ")" * 300 + ")",
        "a\0",
        "a(x=\ud800)",
    ],
)
def test_refuses_what_is_no_spec(text):
    with pytest.raises(SpecError, match="Cannot read the spec"):
        spec.parse(text)


def test_code_in_a_spec_does_not_run(tmp_path):
    witness = tmp_path / "witness"
    with pytest.raises(SpecError):
        spec.parse(f"mnist(x=__import__('pathlib').Path({str(witness)!r}).touch())")
    assert not witness.exists()


def test_an_unknown_name_lists_the_known():
    with pytest.raises(SpecError) as caught:
        spec.build("data", "nonesuch", None)
    assert "'nonesuch'" in str(caught.value)
    for known in ("mnist", "mnist_5k", "surnames", "text_file"):
        assert f"{known}" in str(caught.value)


@pytest.mark.parametrize("name", ["_text", "_splits", "__init__"])
def test_private_modules_are_no_parts(name):
    assert name not in spec.names("data")
    with pytest.raises(SpecError, match="There is no"):
        spec.module("data", name)


def part(
    context,
    *,
    units: int,
    rate: float = 0.5,
    cell: Literal["lstm", "gru"] = "lstm",
    sizes: list[int] | None = None,
    bias: bool = True,
    path: str = "",
):
    return context, units, rate, cell, sizes, bias, path


USAGE = "part(units, rate=0.5, cell='lstm', sizes=None, bias=True, path='')"


@pytest.mark.parametrize(
    "arguments",
    [
        {"units": 3},
        {"units": 3, "rate": 1},
        {"units": -3, "rate": 1e-3, "cell": "gru", "sizes": [1, 2], "bias": False, "path": "x"},
        {"units": 3, "sizes": None},
        {"units": 3, "sizes": []},
    ],
)
def test_accepts_what_fits(arguments):
    spec.check("part", part, arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "part needs the argument 'units'"),
        ({"units": 3, "unit": 3}, "part takes no argument 'unit'"),
        ({"units": 3, "context": 3}, "part takes no argument 'context'"),
        ({"units": 2.5}, "units=2.5 should be whole number"),
        ({"units": True}, "units=True should be whole number"),
        ({"units": None}, "units=None should be whole number"),
        ({"units": 3, "rate": "a"}, "rate='a' should be number"),
        ({"units": 3, "rate": True}, "rate=True should be number"),
        ({"units": 3, "cell": "rnn"}, "cell='rnn' should be one of 'lstm', 'gru'"),
        ({"units": 3, "sizes": 4}, "sizes=4 should be a list of whole number or None"),
        ({"units": 3, "sizes": ["a"]}, "sizes=['a'] should be a list of whole number or None"),
        ({"units": 3, "bias": 1}, "bias=1 should be True or False"),
        ({"units": 3, "path": 1}, "path=1 should be string"),
    ],
)
def test_refuses_what_does_not_fit_and_shows_what_would(arguments, message):
    with pytest.raises(SpecError) as caught:
        spec.check("part", part, arguments)
    assert message in str(caught.value)
    assert str(caught.value).endswith(f"It is written {USAGE}.")


def test_context_and_overrides_reach_the_part(monkeypatch):
    class Module:
        build = staticmethod(part)

    monkeypatch.setattr(spec, "module", lambda folder, name: Module)
    built = spec.build("models", "part(units=3, rate=0.1)", "context", path="here")
    assert built == ("context", 3, 0.1, "lstm", None, True, "here")


def test_errors_are_errors_of_the_zoo():
    assert issubclass(SpecError, ZooError)
    assert issubclass(SpecError, ValueError)
