"""MkDocs calls this: it adds the generated pages to those that lie in docs/."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _generate import pages


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds each generated page, and the files beside them."""
    for name, make in {**pages.PAGES, **pages.FILES}.items():
        files.append(File.generated(config, name, content=make()))
    return files
