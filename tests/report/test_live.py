"""The page that runs: its integers are the host's, its attacks stay where they may."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from support.browser import browse, console, needs_chromium
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.errors import BuildError, DataError, ToolMissing, UnsupportedModel
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.report import live as module
from tinyrob.report.live import EPS, live
from tinyrob.report.page import report
from tinyrob.run.host import HostRunner

COUNT = 100
PROBE = """
const { data, infer, int8, square } = window.tinyrob;
const found = INPUTS.map(text => Array.from(infer(int8(text))));
const clean = int8(INPUTS[0]);
const steps = [...square(clean, 0, 4, 60)];
const off = point => Math.max(...point.map((v, i) => Math.abs(v - clean[i])));
const far = Math.max(...steps.map(({ point }) => off(Array.from(point))));
const asked = steps.at(-1).asked;
document.getElementById("live-eps").value = 3;
document.getElementById("live-eps").oninput({ target: document.getElementById("live-eps") });
const said = document.getElementById("live-said").textContent;
const note = document.getElementById("live-note").textContent;
document.body.dataset.probe = JSON.stringify({ found, far, asked, said, note });
"""


@pytest.fixture(scope="module", params=["digits-stq-jr", "speech-robust"])
def built(request, tmp_path_factory):
    """A network of packed weights, and one of depthwise layers."""
    folder = tmp_path_factory.mktemp(request.param) / "build"
    build(load_model(request.param), "stm32", out=folder)
    return folder


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "build"
    build(load_model("digits-stq-jr"), "stm32", out=folder)
    return folder


@pytest.mark.slow
@needs_chromium
def test_the_pages_integers_are_the_hosts(built, tmp_path):
    folder = open_build(built)
    shape = folder.manifest.input.shape
    random = np.random.default_rng(1)
    x = random.integers(-128, 128, (COUNT, *shape)).astype(np.int8)
    x[0], x[1], x[2] = -128, 127, folder.manifest.input.zero_point
    with HostRunner(folder) as runner:
        expected = runner.run(x).outputs.reshape(COUNT, -1).tolist()
    page, _ = report(built, live=True)
    inputs = json.dumps([base64.b64encode(one.tobytes()).decode() for one in x])
    script = PROBE.replace("INPUTS", "inputs").replace(
        "const found", f"const inputs = {inputs};\nconst found", 1
    )
    seen, said = browse(page.read_text(), script, tmp_path / "home")
    assert console(said) == []
    assert seen["found"] == expected
    assert 0 < seen["far"] <= 4
    assert seen["asked"] <= 60
    assert seen["said"].startswith("FGSM")
    assert seen["note"].endswith(f"{EPS[3]} steps from the clean input")


def test_precomputed_attacks_stay_in_their_balls(digits):
    values = live(digits).values
    clean = np.stack([_int8(text) for text in values["inputs"]])
    assert len(clean) == module.PICTURES
    for name in ("FGSM", "PGD-20"):
        for eps, points in zip(EPS[1:], values["attacks"][name], strict=True):
            moved = np.stack([_int8(text) for text in points]).astype(int) - clean
            assert 0 < np.abs(moved).max() <= eps, (name, eps)


def test_the_same_build_gives_the_same_page(digits, tmp_path):
    assert live(digits) == live(digits)


def test_the_build_folder_stays_as_it_is(digits):
    before = {path: path.stat().st_mtime_ns for path in digits.rglob("*")}
    live(digits)
    assert {path: path.stat().st_mtime_ns for path in digits.rglob("*")} == before


def test_class_names_cannot_leave_the_pages_data(digits, tmp_path, monkeypatch):
    evil = "</script><script>alert(1)</script>"
    made = live(digits)
    hostile = replace(made, values={**made.values, "classes": [evil] * 10})
    monkeypatch.setattr("tinyrob.report.page.make_live", lambda *_: hostile)
    text = report(digits, live=True)[0].read_text()
    assert evil not in text
    island = re.search(r'id="live-data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(island[1])["classes"] == [evil] * 10


def test_without_the_test_set_the_gallery_is_there_to_try(digits, tmp_path):
    shown = np.full((2, 8, 8, 1), 5, np.int8)
    speech = {"clean": shown, "label": np.array([3, 1])}
    model = replace(load_model("digits-stq-jr"), dataset=None)
    samples = module._samples(model, None, speech)
    assert samples.x.tolist() == shown.tolist()
    assert samples.y.tolist() == [3, 1]
    other = {"clean": np.zeros((2, 4, 4, 1), np.int8), "label": np.array([0, 0])}
    assert len(module._samples(model, None, other).x) == 0


def test_a_report_without_a_build_cannot_live(folder, tmp_path):
    (tmp_path / "run" / "build" / "manifest.json").unlink()
    with pytest.raises(DataError, match="no build that a page could run"):
        report(folder, live=True)
    assert not (folder / "report.html").exists()


def test_several_inputs_are_refused(digits):
    folder = open_build(digits)
    two = replace(folder.manifest, inputs=(folder.manifest.input,) * 2)
    with pytest.raises(UnsupportedModel, match="several inputs or outputs"):
        module._check(BuildFolder(digits, two))


def test_sixteen_bits_are_refused(digits):
    folder = open_build(digits)
    wide = replace(folder.manifest, input=replace(folder.manifest.input, inner="int16"))
    with pytest.raises(UnsupportedModel, match="computes in int16, int8"):
        module._check(BuildFolder(digits, wide))


def test_another_runtime_is_refused(digits):
    folder = open_build(digits)
    with pytest.raises(UnsupportedModel, match="runtime tflm"):
        module._check(BuildFolder(digits, replace(folder.manifest, runtime="tflm")))


def test_sources_that_do_not_compile_are_told(digits, tmp_path, monkeypatch):
    from tinyrob.project.compile import CompilerFailed

    def fail(*_):
        raise CompilerFailed("model/tr_model.c:1:1: error: no\n")

    monkeypatch.setattr(module, "compile_webassembly", fail)
    with pytest.raises(BuildError, match=r"do not compile to WebAssembly: .*error: no"):
        live(digits)


def test_a_missing_wheel_is_told(digits, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="ziglang is not installed"):
        live(digits)


def _int8(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.int8)
