"""The program that prints tables fitted to few pairs."""

import numpy as np

from experiments import little_data


def test_the_program_prints_its_tables(monkeypatch, capsys):
    monkeypatch.setattr(little_data, "COUNTS", (5,))
    monkeypatch.setattr(little_data, "best_of", lambda *_, draws: np.array([1.0, 2.0]))
    little_data.main([])
    text = capsys.readouterr().out
    assert "   5  0.2523      1.000   0.2523" in text
    assert "  10  0.75    20  1.5000 ± 0.5000" in text
