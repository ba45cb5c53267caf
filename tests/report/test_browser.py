"""The page in a headless Chromium: every figure is drawn, and the console is silent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tinyrob.report.page import report

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
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
