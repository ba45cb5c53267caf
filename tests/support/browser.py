"""A page in a headless Chromium: what it says of itself, and what its console said."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH (apt-get install chromium)"
)


def browse(page: str, script: str, home: Path, *flags: str) -> tuple[Any, str]:
    """``page`` with ``script`` at its end, which puts JSON into ``document.body.dataset.probe``.

    Gives that, and what the browser wrote to its log.
    """
    home.mkdir(exist_ok=True)
    probed = home / "probed.html"
    probed.write_text(page.replace("</body>", f"<script>{script}</script></body>"))
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", f"--user-data-dir={home / 'profile'}", "--enable-logging=stderr",
        *flags, "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    return json.loads(html.unescape(found[1])), done.stderr


def console(said: str) -> list[str]:
    """What the page's console said."""
    return [line for line in said.splitlines() if "CONSOLE" in line]
