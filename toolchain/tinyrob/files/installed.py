"""How this tinyrob was installed, so that a hint's command adds to this one and to no other."""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

NAME = "tinyrob"
_PACKAGE = Path(__file__).resolve().parent.parent


def install_command(*extras: str) -> str:
    """The shell command that adds ``extras`` (names in pyproject.toml) to this tinyrob.

    From a checkout it names the checkout, from a file or address that file or address, and the
    bare name where tinyrob came from an index or its file is gone: pip then finds what is
    installed.
    """
    names = f"[{','.join(extras)}]"
    checkout = _checkout()
    if checkout is not None:
        where = "." if checkout == Path.cwd() else str(checkout)
        return f"{_pip()} -e {_quoted(where + names)}"
    return f"{_pip()} {_quoted(_requirement(_origin(), names))}"


def _checkout() -> Path | None:
    """The source tree that this code is run from: an editable install's, or one on the path."""
    root = _PACKAGE.parent.parent
    inside = _PACKAGE.relative_to(root).as_posix() == "toolchain/tinyrob"
    return root if inside and (root / "pyproject.toml").is_file() else None


def _origin() -> dict[str, Any]:
    """What pip noted of where this tinyrob is from (PEP 610); empty for one from an index."""
    try:
        noted = metadata.distribution(NAME).read_text("direct_url.json")
        found = json.loads(noted) if noted else {}
    except (metadata.PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("url"), str) else {}


def _requirement(origin: dict[str, Any], names: str) -> str:
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        path = Path(url2pathname(urlsplit(url).path))
        return f"{path}{names}" if path.exists() else f"{NAME}{names}"
    if not url:
        return f"{NAME}{names}"
    version_control = origin.get("vcs_info", {})
    if version_control:
        url = f"{version_control['vcs']}+{url}@{version_control['commit_id']}"
    if origin.get("subdirectory"):
        url += f"#subdirectory={origin['subdirectory']}"
    return f"{NAME}{names} @ {url}"


def _pip() -> str:
    """The installer of this Python's environment; ``pip`` alone where that is the same one."""
    found = shutil.which("pip")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return "pip install"
    python = shlex.quote(sys.executable)
    if importlib.util.find_spec("pip") is None and shutil.which("uv") is not None:
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"


def _quoted(text: str) -> str:
    """In double quotes, as people type a name with brackets, or safe where that is not enough."""
    return shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'
