"""The program that plots the optima of scheduled sampling."""

import json

import pytest

from experiments import scheduled_sampling
from zoo.errors import DataError


def test_the_program_draws_curves_and_points(tmp_path, capsys):
    points = tmp_path / "points.json"
    points.write_text(
        json.dumps(
            {
                "keep_probability": [0, 1],
                "kl": [0.3, 0],
                "mutual_information": [0, 0.3],
                "first_token_kl": [0, 0],
            }
        )
    )
    scheduled_sampling.main(["--output", str(tmp_path / "new"), "--points", str(points)])
    assert (tmp_path / "new" / "scheduled_sampling.png").stat().st_size > 10_000
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["the", "algorithm", "0.00", "0.33824", "0.00000"] in [row[2:-1] for row in rows]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"kl": [1]}', '{"keep_probability": [0], "kl": [], "mutual_information": []}'],
)
def test_a_file_without_points_is_refused(tmp_path, text):
    points = tmp_path / "points.json"
    points.write_text(text)
    with pytest.raises(DataError, match=r"points\.json contains no points"):
        scheduled_sampling.main(["--output", str(tmp_path), "--points", str(points)])


def test_the_command_line_says_in_a_sentence_what_is_missing(programs, tmp_path):
    arguments = ["--output", str(tmp_path), "--points", str(tmp_path / "none.json")]
    ended = programs.run("-m", "experiments.scheduled_sampling", *arguments)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "none.json contains no points" in ended.stderr
