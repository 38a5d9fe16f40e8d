"""The page that evaluate.py writes: whole, alone, safe, and readable in a browser."""

import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading

import html5lib
import pytest

import zoo
from zoo.report import logs, page, temperatures
from zoo.runs.evaluation import Settings, evaluate_all

HOSTILE = '<script>document.title = "owned"</script>'
XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture(scope="module")
def texts(tiny_experiment, tmp_path_factory):
    """A run whose data, file and folder are called names that HTML would act on."""
    folder = tmp_path_factory.mktemp("texts")
    path = folder / "<i>& 'quoted'.txt"
    path.write_text(f"{HOSTILE}\n&amp; <b>bold</b> \x07 $x^2$\n" * 40, encoding="utf-8")
    data = f"text_file(path={str(path)!r})"
    made = tiny_experiment(data=data, steps=20, sample_every=10)
    return zoo.train(made, str(folder / "<img src=x> $run$"))


@pytest.fixture(scope="module")
def images(tiny_experiment, tmp_path_factory):
    made = tiny_experiment(
        data="mnist_5k", model="mlp_gan(width=16, maxout_units=8)", objective="generalised_js",
        steps=20, sample_every=10,
    )  # fmt: skip
    return zoo.train(made, str(tmp_path_factory.mktemp("images") / "digits"))


@pytest.fixture(scope="module")
def html(texts, images):
    """The page of both runs."""
    metrics = ("calibration", "class_histogram", "distinct", "nll", "divergence_bound")
    settings = Settings(metrics=metrics, count=40)
    measured = evaluate_all([texts, images], settings)
    with pytest.MonkeyPatch.context() as patch:  # the other pair trains language models
        patch.setattr(temperatures, "PAIRS", temperatures.PAIRS[:1])
        trade_off = temperatures.trade_off(texts, [0.7, 1.3], settings)
        yield page.html(measured, [trade_off, []])


@pytest.fixture(scope="module")
def num_charts(texts, images):
    """One of each quantity that was logged; temperatures, digits, reliability."""
    logged = {name for run in (texts, images) for name in logs.curves(run.folder.logs)}
    assert {"nll", "divergence_bound"} <= logged
    return len(logged) + 3


@pytest.fixture(scope="module")
def document(html):
    """The page's elements; the parser is strict about what the HTML standard calls an error."""
    return html5lib.HTMLParser(strict=True).parse(html)


def elements(document, name):
    return list(document.iter(XHTML + name))


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def test_it_asks_for_nothing_from_elsewhere(document):
    for element in document.iter():
        for name, value in element.attrib.items():
            if name.endswith(("href", "src", "srcset", "data", "action", "poster")):
                assert value.startswith(("#", "data:image/png;base64,")), (element.tag, value)
            assert not re.search(r"url\((?!#)", value)
    assert not re.search(r"url\(|@import", text_of(elements(document, "style")[0]))
    for name in ("script", "link", "iframe", "object", "embed", "form", "base"):
        assert not elements(document, name)
    (policy,) = (e for e in elements(document, "meta") if "http-equiv" in e.attrib)
    assert policy.attrib["content"].startswith("default-src 'none'; img-src data:;")


def test_whatever_stands_in_data_and_names_is_shown_as_text(document, texts):
    shown = text_of(document)
    assert HOSTILE in shown
    assert texts.experiment.data in shown
    assert "<img src=x> $run$" in shown
    assert "<b>bold</b>" in shown
    assert "&amp; <b>" in shown
    assert not elements(document, "b")
    assert not elements(document, "i")
    assert {image.attrib["src"][:15] for image in elements(document, "img")} == {"data:image/png;"}


def test_control_characters_are_seen():
    assert page.shown("a\x00b\x07c\x1b[31m\nd\te\x7f") == "a␀b␇c␛[31m\nd\te\ufffd"


def test_identifiers_are_unique_and_those_referred_to_exist(document):
    identifiers = [e.attrib["id"] for e in document.iter() if "id" in e.attrib]
    assert len(identifiers) == len(set(identifiers))
    for element in document.iter():
        for name, value in element.attrib.items():
            if name.endswith("href") and value.startswith("#"):
                assert value[1:] in identifiers
            for reference in re.findall(r"url\(#([^)]+)\)", value):
                assert reference in identifiers


def test_pictures_have_words(document, num_charts):
    assert all(image.attrib["alt"] for image in elements(document, "img"))
    charts = list(document.iter(SVG + "svg"))
    assert len(charts) == num_charts
    assert all(c.attrib["role"] == "img" and c.attrib["aria-label"] for c in charts)


def test_every_measurement_stands_in_the_table_under_its_run(document, texts, images):
    (table, *_) = elements(document, "table")
    head = [text_of(cell) for cell in table.find(XHTML + "thead").iter(XHTML + "th")]
    assert head[:5] == ["metric", "<img src=x> $run$", "ceiling", "digits", "ceiling"]
    rows = [
        [text_of(cell) for cell in row if cell.attrib.get("scope") != "rowgroup"]
        for row in table.iter(XHTML + "tr")
    ]
    names = {row[0]: row for row in rows if len(row) == len(head)}
    for run, column in ((texts, 1), (images, 3)):
        measured = json.loads((run.folder.path / "metrics.json").read_text())["metrics"]
        assert measured
        for key, value in measured.items():
            name = key.partition("@")[0]
            row = next(row for title, row in names.items() if title.split()[0] == name)
            assert row[column]
            assert ("±" in row[column]) == (value["standard_error"] is not None)
            assert (value["ceiling"] is None) == (row[column + 1] == "")
    assert names["class_kl ↓"][1:3] == ["", ""]


def test_every_section_is_there(document, texts, images):
    shown = text_of(document)
    charts = {chart.attrib["aria-label"] for chart in document.iter(SVG + "svg")}
    for quantity in ("nll", "discriminator loss", "generator loss", "divergence bound"):
        assert f"Training curves of {quantity}" in charts
    assert shown.count("Commands to reproduce it: python train.py") == 2
    assert "Negative log-likelihood of held-out data." in shown
    assert "Samples and their nearest training images" in shown
    assert "The longest passage of each sample" in shown
    assert "Calibration of the discriminator" in shown
    cells = [text_of(cell) for cell in elements(document, "td")]
    assert cells.count("0.7") == cells.count("real texts") == 1


class Server:
    """Serves a folder to a browser, and keeps what was asked for."""

    def __init__(self, folder):
        asked = self.asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def log_message(self, *arguments):
                asked.append(self.path)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *raised):
        self._server.shutdown()
        self._server.server_close()


PROBE = """<!DOCTYPE html><iframe id="frame" src="report.html" width="WIDTH" height="800"
  style="border: 0"></iframe><script>
frame.onload = () => {
  const page = frame.contentDocument, all = (name) => [...page.querySelectorAll(name)];
  document.title = JSON.stringify({
    title: page.title,
    width: page.scrollingElement.scrollWidth,
    scripts: all("script").length,
    images: all("img").map((image) => image.naturalWidth),
    charts: all("svg").map((chart) => chart.getBoundingClientRect().height),
    ink: getComputedStyle(page.body).color,
    text: page.body.innerText.includes('<script>document.title = "owned"<' + '/script>'),
  });
};
</script>"""


def look(html, folder, width, *flags):
    """What a browser makes of the page in a window of some width."""
    (folder / "report.html").write_text(html, encoding="utf-8")
    (folder / "probe.html").write_text(PROBE.replace("WIDTH", str(width)))
    with Server(folder) as server:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", *flags]
        done = subprocess.run(
            [*command, f"{server.address}/probe.html"], capture_output=True, text=True, timeout=120
        )
    title = re.search(r"<title>(\{.*?\})</title>", done.stdout, flags=re.DOTALL)
    assert title, done.stderr
    return json.loads(title[1].replace("&lt;", "<").replace("&gt;", ">")), server.asked


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the PATH")
def test_a_browser_shows_it_at_the_width_of_a_phone(html, num_charts, tmp_path):
    seen, asked = look(html, tmp_path, 360)
    assert seen["title"].startswith("<img src=x> $run$, digits")
    assert seen["width"] <= 360
    assert seen["scripts"] == 0
    assert seen["text"]
    assert len(seen["images"]) == 2 + 24
    assert min(seen["images"]) > 0
    assert len(seen["charts"]) == num_charts
    assert min(seen["charts"]) > 100
    assert set(asked) <= {"/probe.html", "/report.html", "/favicon.ico"}


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the PATH")
def test_it_is_dark_where_the_reader_wants_it_so(html, tmp_path):
    light, _ = look(html, tmp_path, 1000)
    dark, _ = look(html, tmp_path, 1000, "--blink-settings=preferredColorScheme=0")
    assert light["ink"] == "rgb(27, 27, 27)"
    assert dark["ink"] == "rgb(236, 236, 236)"


def test_the_file_is_written_whole(html, tmp_path, texts):
    (measured,) = evaluate_all([texts], Settings(splits=("test",), metrics=("nll",), count=20))
    path = tmp_path / "report.html"
    page.write(path, [measured])
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [path]
    assert pathlib.Path(path).stat().st_size < 200_000
