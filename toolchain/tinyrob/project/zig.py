"""The wheel ``ziglang``: a clang with a linker, for every target, as one program."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command

MODULE = "ziglang"


def zig_program() -> Path:
    """The program in the wheel. Raises ToolMissing where that is not installed."""
    spec = importlib.util.find_spec(MODULE)
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    for place in places:
        for name in ("zig", "zig.exe"):
            if (Path(place) / name).is_file():
                return Path(place) / name
    raise ToolMissing(f"the wheel {MODULE} is not installed", install_command("firmware"))


def zig_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with a place for zig's cache where there is no home folder."""
    known = ("ZIG_GLOBAL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")
    if any(environment.get(name) for name in known):
        return dict(environment)
    cache = Path(tempfile.gettempdir()) / f"tinyrob-zig-{os.getpid()}"
    return {**environment, "ZIG_GLOBAL_CACHE_DIR": str(cache)}
