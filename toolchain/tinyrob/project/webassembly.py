"""A build folder's C, compiled to WebAssembly: the same sources, for a page in place of a board."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tinyrob.files import resources
from tinyrob.project.compile import compile_units, run_compiler
from tinyrob.project.recipe import COMMON, INCLUDES, WARNINGS, Unit, model_units
from tinyrob.project.zig import zig_program

TARGET = ("-target", "wasm32-freestanding")
PORT = "ports/page/page.c"
_FLAGS = (*COMMON, *WARNINGS, *INCLUDES, "-O2", "-ffunction-sections", "-fdata-sections")
_LINK = ("-nostdlib", "-Wl,--no-entry", "-Wl,--gc-sections", "-Wl,-z,stack-size=65536", "-s")


def compile_webassembly(folder: Path, frontend: bytes | None = None) -> bytes:
    """A WebAssembly module that exports what ``ports/page/page.c`` names, and ``memory``.

    ``folder`` is a build's, and stays as it is; ``frontend`` is the text of tr_model_frontend.h,
    where the build has a front end of sound, which is then exported as well. Raises ToolMissing
    without the wheel ziglang, CompilerFailed.
    """
    command = [str(zig_program()), "cc", *TARGET]
    with tempfile.TemporaryDirectory(prefix="tinyrob-page-") as scratch:
        port = shutil.copy(resources.firmware() / PORT, scratch)
        own: tuple[str, ...] = ()
        if frontend is not None:
            Path(scratch, "tr_model_frontend.h").write_bytes(frontend)
            own = (f"-I{scratch}", "-DTR_PAGE_SOUND")
        units = [*model_units(folder), Unit("ports/common/tr_arena.c")]
        objects = compile_units(folder, command, _FLAGS, units, scratch)
        made, module = Path(scratch, "page.o"), Path(scratch, "page.wasm")
        run_compiler(folder, [*command, *_FLAGS, *own, "-c", port, "-o", str(made)])
        run_compiler(folder, [*command, *_LINK, *objects, str(made), "-o", str(module)])
        return module.read_bytes()
