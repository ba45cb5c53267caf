"""A live page for each network of the zoo that looks at pictures: what ships, in a browser."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from _generate.markdown import table, text
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.project.build_folder import open_build
from tinyrob.report.page import report_of

NETWORKS = {
    "digits-stq-jr": "handwritten digits, 8 x 8; examples of the test set are on the page",
    "cifar10-robust": "ten kinds of things, 32 x 32 in colour: give it a photograph",
    "svhn-robust": "house numbers, 32 x 32 in colour: give it a photograph of one digit",
}
_INTRO = """# Try the zoo

Each page holds the C that `tinyrob build --target stm32` wrote for a network, compiled to
WebAssembly: the integers are the firmware's, and nothing leaves your browser. Draw, or take a
picture of yours; then attack it within eps. `tinyrob report DIR --live` makes such a page of your
own build, with examples of its test set and the attacks that need gradients.

"""


def page() -> str:
    """The table that leads to the pages."""
    rows = [
        (f"[`{name}`]({name}.html)", text(about), f"{len(html(name)) // 1024:,} KB")
        for name, about in NETWORKS.items()
    ]
    return _INTRO + table(("network", "what it knows", "page"), rows)


@cache
def html(name: str) -> str:
    """A network's report, live. The same network gives the same page."""
    with tempfile.TemporaryDirectory(prefix="tinyrob-zoo-") as scratch:
        folder, out = Path(scratch, "build"), Path(scratch, "report")
        build(load_model(name), "stm32", out=folder)
        manifest = open_build(folder).manifest.to_dict()
        return report_of(out, manifest, [], folder, live=True).html.read_text(encoding="utf-8")
