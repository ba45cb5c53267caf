"""The page that hears: its front end is the device's, and a microphone reaches it."""

from __future__ import annotations

import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from support import listeners
from support.browser import browse, console, needs_chromium
from support.firmware import small
from tinyrob.build.job import build
from tinyrob.features.compute import of_stream
from tinyrob.ir.interp import interpret
from tinyrob.project.build_folder import open_build
from tinyrob.report.live import _sound
from tinyrob.report.page import report

RATE = listeners.FEATURES.rate
SECONDS = 90
"""How long a page may take to hear: the fake microphone plays in real time."""
PROBE = """
const { sound, infer } = window.tinyrob;
const samples = Int16Array.from(SAMPLES);
const found = CUTS.map(at => {
  sound.reset();
  let frames = 0;
  for (let from = 0; from < samples.length; from += at)
    frames += sound.push(samples.slice(from, from + at));
  const input = sound.input();
  return [frames, Array.from(input), Array.from(infer(input))];
});
const hidden = document.getElementById("live-hear").hidden;
document.body.dataset.probe = JSON.stringify({ found, hidden });
"""
HEAR = """
const said = [], inputs = [];
const { sound } = window.tinyrob;
const given = sound.input;
sound.input = () => {
  const input = given();
  inputs.push(input.reduce((most, value) => Math.max(most, value), -128));
  return input;
};
document.getElementById("live-microphone").click();
const timer = setInterval(() => {
  const text = document.getElementById("live-said").textContent;
  if (text) said.push(text);
  if (inputs.length < 20 && !text.startsWith("no microphone")) return;
  clearInterval(timer);
  document.getElementById("live-microphone").click();
  const label = document.getElementById("live-microphone").textContent;
  document.body.dataset.probe = JSON.stringify({ said, inputs, label });
  fetch("URL/heard", { method: "POST", mode: "no-cors" });
}, 50);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hearing") / "build"
    build(listeners.model(), "stm32", out=folder)
    return report(folder, live=True)[0].read_text()


@pytest.fixture
def until_heard() -> Iterator[str]:
    """The address of a picture that comes once the page has posted: loading ends then."""
    heard = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.wait(SECONDS)
            self.send_response(204)
            self.end_headers()

        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()
            heard.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    heard.set()
    server.shutdown()
    server.server_close()


def tones(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    wanted = 9000 * np.sin(2 * np.pi * 600 * time) + 5000 * np.sin(2 * np.pi * 1700 * time)
    return np.asarray(np.round(wanted * (1 + np.sin(40 * time)) / 2), np.int16)


@needs_chromium
def test_the_pages_front_end_gives_pythons_integers(page: str, tmp_path: Path) -> None:
    features, samples = listeners.FEATURES, tones(0.6)
    frames = of_stream(features, samples)
    expected = frames[-features.frames :].reshape(1, *features.shape)
    outputs = interpret(listeners.model().graph, expected)
    cuts = [1024, features.hop, 7]
    script = PROBE.replace("SAMPLES", json.dumps(samples.tolist())).replace("CUTS", str(cuts))
    seen, said = browse(page, script, tmp_path / "home")
    assert console(said) == []
    assert not seen["hidden"]
    for count, given, found in seen["found"]:
        assert count == len(frames)
        assert given == expected.ravel().tolist()
        assert found == outputs.ravel().tolist()


@pytest.mark.slow
@needs_chromium
def test_a_microphone_is_heard(page: str, until_heard: str, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "said.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tones(2.0).tobytes())
    waiting = page.replace("</body>", f'<img src="{until_heard}/wait" alt=""></body>')
    seen, _ = browse(
        waiting,
        HEAR.replace("URL", until_heard),
        tmp_path / "home",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        f"--use-file-for-fake-audio-capture={tmp_path / 'said.wav'}",
    )
    assert len(seen["inputs"]) >= 20, seen["said"]
    assert max(seen["inputs"]) > min(seen["inputs"]), "the network's input never changed"
    assert seen["said"][-1].startswith("heard: class ")
    assert seen["label"] == "microphone"


def test_a_network_without_a_front_end_has_no_microphone(tmp_path: Path) -> None:
    build(small(), "stm32", out=tmp_path / "build")
    assert _sound(open_build(tmp_path / "build")) is None
