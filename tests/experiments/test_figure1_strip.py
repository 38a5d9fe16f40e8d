import matplotlib.image
import numpy as np

from experiments import figure1_strip
from zoo.theory.figure1 import Fit


def test_each_panel_shows_its_fit():
    fits = {name: Fit(np.array([1.0, x]), 3.0 - x, 0.1) for x, name in enumerate(("a", "b"))}
    figure = figure1_strip.strip(np.zeros((10, 2)), fits)
    data, *panels = figure.axes
    assert [ax.get_title() for ax in figure.axes] == ["data", "a", "b"]
    assert len(data.patches) == 0
    for ax, fit in zip(panels, fits.values(), strict=True):
        circles = [(*patch.center, patch.radius) for patch in ax.patches]
        assert circles == [(*fit.mean, count * fit.std) for count in (1, 2, 3)]


def test_the_program_writes_the_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(figure1_strip, "PANELS", (0.5,))
    figure1_strip.main(["--output", str(tmp_path / "strip.png")])
    height, width, _ = matplotlib.image.imread(tmp_path / "strip.png").shape
    assert (height, width) == (370, 4 * 320)
