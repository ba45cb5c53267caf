"""The page: every number on it is its JSON's, every figure is drawn, nothing is loaded."""

from __future__ import annotations

import copy
import html.parser
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from tinyrob import cli
from tinyrob.errors import DataError
from tinyrob.report.charts import Line, bars, curves
from tinyrob.report.collect import collect
from tinyrob.report.page import FORMATS, look_up, page, report
from tinyrob.report.png import data_uri, png

RUNNERS = ("keras", "host", "qemu")
NAMES = ("noise", "fgsm", "pgd-20", "apgd-ce", "square", "worst-case")
KINDS = dict(zip(NAMES, ("control", *["white-box"] * 3, "black-box", "worst-case"), strict=True))


def row(name: str, norm: str, eps: float, share: float) -> dict:
    return {
        "name": name,
        "norm": norm,
        "eps": eps,
        "kind": KINDS[name],
        "accuracy": dict.fromkeys(RUNNERS, share),
        "interval": {key: [max(0.0, share - 0.0713), min(1.0, share + 0.0713)] for key in RUNNERS},
        "samples": 200,
        "attacked": 187,
        "cascade": name == "apgd-ce",
        "seconds": 12.34,
    }


def attack(model: str = "net", drop: float = 0.05) -> dict:
    """An attack's result with every part that a page shows."""
    rows = [
        row(name, norm, eps, round(0.9317 - drop * i * (number + 1), 4))
        for norm, all_eps in (("linf", (1.0, 2.0, 4.0)), ("l2", (32.0,)))
        for i, eps in enumerate(all_eps, start=1)
        for number, name in enumerate(NAMES)
    ]
    flag = {
        "flag": "noise-hurts",
        "taints": "fgsm",
        "norm": "linf",
        "eps": 2.0,
        "text": "random <noise> & more",
    }
    check = {"name": "clean", "wanted": ">= 90.00%", "got": "93.17% (host)", "passed": True}
    return {
        "model": model,
        "model_digest": "ab" * 32,
        "data_digest": "cd" * 32,
        "dataset": "digits",
        "samples": 200,
        "classes": ["zero", "one", "two"],
        "input_shape": [8, 8, 1],
        "suite": "quick",
        "seed": 3,
        "surfaces": ["quantized", "shadow"],
        "reference": "keras",
        "clean": dict.fromkeys(RUNNERS, 0.9317),
        "clean_interval": {key: [0.8881, 0.9593] for key in RUNNERS},
        "attacks": rows,
        "flags": [flag],
        "runners": {
            name: {
                "inputs": 1234,
                "exact": True,
                "mismatches": 0,
                "instructions_per_inference": 328813 if name == "qemu" else None,
            }
            for name in RUNNERS
        },
        "exact": True,
        "versions": {"tinyrob": "0.1.0", "numpy": "2.4.6"},
        "gate": {"file": "gate.toml", "passed": True, "checks": [check]},
        "format": 1,
    }


def build() -> dict:
    layers = [
        {"name": f"layer<{i}>", "op": "CONV_2D", "macs": 9216 * i, "weights_bytes": 417 * i,
         "ram_bytes": 1200 + i}
        for i in range(5)
    ]  # fmt: skip
    return {
        "model": "net",
        "target": "stm32",
        "board": "stm32f405",
        "runtime": "native",
        "isa": "portable",
        "macs": 243712,
        "flash_bytes": 30760,
        "flash": {"code": 1, "weights": 2, "other": 3},
        "ram_bytes": 5036,
        "ram": {"arena": 1, "static": 2, "stack": 3},
        "layers": layers,
        "digest": "ef" * 32,
        "model_digest": "ab" * 32,
        "compiler": "arm-none-eabi-gcc 12.2",
    }


def validation() -> dict:
    runner = {
        "max_lsb": 0,
        "mismatches": 0,
        "argmax_agreement": 1.0,
        "accuracy": 0.96,
        "first_divergence": None,
        "instructions_per_inference": 328813,
    }
    return {
        "reference": "keras",
        "vectors": 397,
        "runners": {"host": runner, "qemu": runner},
        "exact": True,
    }


@pytest.fixture
def folder(tmp_path):
    """A folder as `tinyrob attack` leaves it, with a build, a validation and a baseline beside."""
    out = tmp_path / "run"
    (out / "build").mkdir(parents=True)
    (out / "attack.json").write_text(json.dumps(attack()))
    (out / "build" / "manifest.json").write_text(json.dumps(build()))
    (out / "validate.json").write_text(json.dumps(validation()))
    random = np.random.default_rng(0)
    images = random.integers(-128, 128, (2, 3, 8, 8, 1)).astype(np.int8)
    np.savez(
        out / "examples.npz",
        clean=images[0],
        adversarial=images[1],
        label=np.array([0, 1, 2]),
        clean_class=np.array([0, 1, 2]),
        adversarial_class=np.array([1, 2, 0]),
        index=np.array([4, 7, 9]),
        eps=np.array([1.0, 2.0, 4.0]),
        norm=np.array(["linf"] * 3),
    )
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "attack.json").write_text(json.dumps(attack("mlperf", 0.1)))
    return out


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


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROBE = """<script>
const broken = [...document.querySelectorAll("figure")].filter(figure => {
  const inner = figure.querySelector("svg.chart, img");
  const box = inner.getBoundingClientRect();
  const empty = inner.complete === false || inner.naturalWidth === 0;
  return box.width < 20 || box.height < 20 || empty;
});
const wide = document.documentElement.scrollWidth > window.innerWidth;
document.body.dataset.probe = JSON.stringify({
  figures: document.querySelectorAll("figure").length,
  broken: broken.map(figure => figure.id),
  wide: wide,
  ink: getComputedStyle(document.body).color,
  paper: getComputedStyle(document.body).backgroundColor,
});
</script></body>"""


def browse(file: Path, home: Path, width: int, *flags: str) -> tuple[dict, str]:
    """What the page says of itself in a headless Chromium, and what the console said."""
    probed = file.with_name("probed.html")
    probed.write_text(file.read_text().replace("</body>", PROBE))
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", f"--user-data-dir={home}", f"--window-size={width},900",
        "--enable-logging=stderr", *flags, "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert found, done.stdout[-500:]
    return json.loads(found[1].replace("&quot;", '"')), done.stderr


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH (apt-get install chromium)")
@pytest.mark.parametrize(
    ("width", "dark"), [(1100, False), (500, True)], ids=["desk", "phone-dark"]
)
def test_a_browser_draws_every_figure_without_a_word(folder, tmp_path, width, dark):
    made, _ = report(folder, [tmp_path / "baseline"])
    flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
    seen, said = browse(made, tmp_path / "home", width, *flags)
    assert [line for line in said.splitlines() if "CONSOLE" in line] == []
    assert seen["figures"] == 4 + 3 + 3
    assert seen["broken"] == []
    assert not seen["wide"]
    assert (seen["paper"] == "rgb(26, 26, 25)") == dark


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH (apt-get install chromium)")
def test_the_browser_test_can_fail(folder, tmp_path):
    made, _ = report(folder)
    text = made.read_text().replace("</main>", "<script>nothing()</script></main>")
    made.write_text(re.sub(r'src="data:image/png;base64,\w', 'src="data:image/png;base64,x', text))
    seen, said = browse(made, tmp_path / "home", 1100)
    assert "nothing is not defined" in said
    assert any("CONSOLE" in line for line in said.splitlines())
    assert len(seen["broken"]) == 3


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
        (lambda f: (f / "attack.json").write_text("[]"), "has no model"),
        (lambda f: (f / "attack.json").write_text(json.dumps(attack() | {"format": 0})), "another"),
        (lambda f: (f / "examples.npz").write_bytes(b"PK"), "damaged"),
        (lambda f: (f / "build" / "manifest.json").write_text("{}"), "has no model"),
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


def test_nothing_to_report_is_said(tmp_path):
    with pytest.raises(DataError, match="nothing to report"):
        report(tmp_path)
    with pytest.raises(DataError, match=r"holds no attack\.json"):
        collect_with_baseline(tmp_path)


def collect_with_baseline(tmp_path: Path) -> None:
    (tmp_path / "attack.json").write_text(json.dumps(attack()))
    (tmp_path / "empty").mkdir()
    collect(tmp_path, [tmp_path / "empty"])
