"""A folder that goes when nobody holds it any more."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path


class Scratch:
    """An empty folder of its own at ``path``, removed with this object or when Python ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="tinyrob-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
