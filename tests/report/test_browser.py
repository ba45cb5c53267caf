"""The page in a headless Chromium: every figure is drawn, and the console is silent."""

from __future__ import annotations

import re

import pytest

from support.browser import browse, console, needs_chromium
from tinyrob.report.page import report

PROBE = """
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
"""


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize(
    ("width", "dark"), [(1100, False), (500, True)], ids=["desk", "phone-dark"]
)
def test_a_browser_draws_every_figure_without_a_word(folder, tmp_path, width, dark):
    made, _ = report(folder, [tmp_path / "baseline"])
    flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
    seen, said = browse(
        made.read_text(), PROBE, tmp_path / "home", f"--window-size={width},900", *flags
    )
    assert console(said) == []
    assert seen["figures"] == 4 + 3 + 3
    assert seen["broken"] == []
    assert not seen["wide"]
    assert (seen["paper"] == "rgb(26, 26, 25)") == dark


@pytest.mark.slow
@needs_chromium
def test_the_browser_test_can_fail(folder, tmp_path):
    made, _ = report(folder)
    text = made.read_text().replace("</main>", "<script>nothing()</script></main>")
    made.write_text(re.sub(r'src="data:image/png;base64,\w', 'src="data:image/png;base64,x', text))
    seen, said = browse(made.read_text(), PROBE, tmp_path / "home", "--window-size=1100,900")
    assert "nothing is not defined" in said
    assert console(said)
    assert len(seen["broken"]) == 3
