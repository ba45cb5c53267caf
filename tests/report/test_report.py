"""The page: every number on it is its JSON's, every figure is drawn, nothing is loaded."""

from __future__ import annotations

import copy
import html.parser
import json
import re
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from support.results import RUNNERS, attack, build, validation
from tinyrob import cli
from tinyrob.errors import DataError
from tinyrob.report.charts import Line, bars, curves
from tinyrob.report.collect import collect
from tinyrob.report.page import FORMATS, look_up, page, report
from tinyrob.report.png import data_uri, png


class Reader(html.parser.HTMLParser):
    """Collects the marked numbers, ids, links and sources of a page, and its bare text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.numbers: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.bare: list[str] = []
        self.stack: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag not in ("meta", "link", "img", "br"):
            self.stack.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        self.targets += [found[k] for k in ("src", "href") if k in found]

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        found = self.stack[-1][1] if self.stack else {}
        if "data-json" in found:
            self.numbers.append((found["data-json"], found["data-as"], data))
        elif not any(tag in ("style", "svg", "title") for tag, _ in self.stack):
            self.bare.append(data)


def test_every_number_is_its_json(folder, tmp_path):
    made, values = report(folder, [tmp_path / "baseline"])
    data, read = json.loads(values.read_text()), Reader(made.read_text())
    assert len(read.numbers) > 200
    for path, kind, shown in read.numbers:
        assert shown == FORMATS[kind](look_up(data, path)), path
    shown = {path for path, _, _ in read.numbers}
    for i in range(len(data["attack"]["attacks"])):
        assert {f"attack/attacks/{i}/accuracy/{name}" for name in RUNNERS} <= shown
    for key in ("flash_bytes", "ram_bytes", "macs"):
        assert f"build/{key}" in shown
    assert "baselines/0/attack/clean/keras" in shown
    assert "validation/runners/qemu/max_lsb" in shown


def test_no_accuracy_is_written_by_hand(folder, tmp_path):
    """A percentage outside a marked number (or a chart's axis) would be nobody's."""
    made, _ = report(folder, [tmp_path / "baseline"])
    loose = " ".join(Reader(made.read_text()).bare)
    assert re.findall(r"\d+(?:\.\d+)?\s?%", loose) == ["95 %"]  # the interval's name


def test_the_charts_points_are_the_jsons(folder):
    data, _ = collect(folder)
    text = page(data, {})
    for one in data["attack"]["attacks"]:
        tip = f"{one['name']}, eps {one['eps']:g}: {one['accuracy']['keras']:.1%}"
        assert f"<title>{tip}</title>" in text


def test_a_changed_number_changes_the_page(folder):
    data, examples = collect(folder)
    changed = copy.deepcopy(data)
    changed["attack"]["attacks"][0]["accuracy"]["qemu"] = 0.1234
    assert "12.3%" in page(changed, examples)
    assert "12.3%" not in page(data, examples)


def test_every_section_and_figure_is_there(folder, tmp_path):
    made, _ = report(folder, [tmp_path / "baseline"])
    ids = Reader(made.read_text()).ids
    sections = ("summary", "curves", "attacks", "flags", "exactness", "layers", "gallery", "gate")
    charts = ("curves-linf-0", "curves-linf-1", "curves-l2-0", "layers-macs", "layers-ram_bytes")
    assert {*sections, *charts, "provenance", "flag-1", "example-4"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_from_anywhere(folder):
    made, _ = report(folder)
    text = made.read_text()
    targets = Reader(text).targets
    assert targets
    assert all(t.startswith(("data:", "#")) for t in targets)
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_flags_stand_beside_what_they_taint_and_the_worst_case(folder):
    made, _ = report(folder)
    text = made.read_text()
    assert text.count('<sup><a href="#flag-1">1</a></sup>') == 3  # fgsm, worst case, summary
    assert "random &lt;noise&gt; &amp; more" in text


def test_the_same_input_gives_the_same_page(folder):
    made, _ = report(folder)
    first = made.read_bytes()
    assert report(folder)[0].read_bytes() == first


def test_a_build_alone_and_an_attack_alone_have_pages(folder, tmp_path):
    made, _ = report(folder / "build")
    ids = Reader(made.read_text()).ids
    assert "layers-macs" in ids
    assert "attacks" not in ids
    shutil.copytree(folder, tmp_path / "bare", ignore=shutil.ignore_patterns("build", "*.npz"))
    ids = Reader(report(tmp_path / "bare")[0].read_text()).ids
    assert "attacks" in ids
    assert "layers" not in ids
    assert "gallery" not in ids


def test_a_png_is_what_its_pixels_are():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    file = png(pixels)
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    body = file[file.index(b"IDAT") + 4 :]
    raw = zlib.decompressobj().decompress(body)
    assert raw == b"".join(b"\0" + r.tobytes() for r in pixels)


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (49, 10), (20,), (4, 5, 2)])
def test_any_input_is_a_picture(shape):
    assert data_uri(np.zeros(shape, np.int8)).startswith("data:image/png;base64,iVBOR")


def test_charts_escape_names():
    assert "<b>" not in curves("t", [Line("<b>", ((0.0, 1.0), (1.0, 0.5)))], "eps")
    assert "<b>" not in bars("t", [("<b>", 3)], "bytes")
    assert "<svg" in bars("t", [], "bytes")


def test_the_verb_prints_where_the_page_is(folder, capsys):
    cli.main(["report", str(folder), "--json"])
    assert json.loads(capsys.readouterr().out) == {
        "html": str(folder / "report.html"),
        "json": str(folder / "report.json"),
    }
    with pytest.raises(SystemExit) as stop:
        cli.main(["report", str(folder / "nothing")])
    assert stop.value.code == 1
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "attack.json").write_text("{"), "damaged"),
        (lambda f: (f / "attack.json").write_text("[]"), "not an object"),
        (lambda f: (f / "attack.json").write_text(json.dumps(attack() | {"format": 0})), "another"),
        (lambda f: (f / "examples.npz").write_bytes(b"PK"), "damaged"),
        (lambda f: (f / "examples.npz").write_bytes(b"PK\x03\x04 cut off"), "damaged"),
        (
            lambda f: (f / "validate.json").write_text(
                json.dumps(validation() | {"model_digest": "00"})
            ),
            "of another network",
        ),
        (lambda f: (f / "build" / "manifest.json").write_text("{}"), "model is missing"),
        (
            lambda f: (f / "build" / "manifest.json").write_text(
                json.dumps(build() | {"model_digest": "00"})
            ),
            "different networks",
        ),
        (lambda f: shutil.copytree(f / "build", f / "build2"), "several manifest.json"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(folder, break_it, message):
    break_it(folder)
    with pytest.raises(DataError, match=message):
        report(folder)
    assert not (folder / "report.html").exists()


def test_a_build_of_several_networks_is_told_apart(tmp_path):
    networks = [{"c_name": "hear"}, {"c_name": "see"}]
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1, "networks": networks}))
    with pytest.raises(DataError, match="holds 2 networks: hear, see") as raised:
        report(tmp_path)
    assert raised.value.hint == f"name one of them: {tmp_path / 'hear'}"


def test_nothing_to_report_is_said(tmp_path):
    with pytest.raises(DataError, match="nothing to report"):
        report(tmp_path)
    with pytest.raises(DataError, match=r"holds no attack\.json"):
        collect_with_baseline(tmp_path)


def collect_with_baseline(tmp_path: Path) -> None:
    (tmp_path / "attack.json").write_text(json.dumps(attack()))
    (tmp_path / "empty").mkdir()
    collect(tmp_path, [tmp_path / "empty"])


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_a_page_of_somebody_elses_is_left_alone(folder: Path, name: str) -> None:
    (folder / name).write_text("mine")
    with pytest.raises(DataError, match="is no report of tinyrob's"):
        report(folder)
    assert (folder / name).read_text() == "mine"


def test_an_earlier_report_is_replaced(folder: Path) -> None:
    report(folder)
    report(folder)


def test_radii_in_whole_steps_are_no_damage(folder: Path) -> None:
    path = folder / "examples.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["eps"] = arrays["eps"].astype(np.int64)
    np.savez_compressed(path, **arrays)
    report(folder)
