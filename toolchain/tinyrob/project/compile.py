"""Calling compilers on a build folder: every source at once, then the linker. No make is needed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Event

from tinyrob.files.system import FIXED_PLACE
from tinyrob.project.image import read_image
from tinyrob.project.imagefiles import flat_bytes, intel_hex
from tinyrob.project.recipe import (
    HOST_APP,
    Parts,
    Unit,
    firmware_flags,
    firmware_units,
    host_flags,
    host_units,
    link_flags,
)
from tinyrob.project.seal import seal
from tinyrob.project.toolchains import CLANG, Toolchain
from tinyrob.project.zig import zig_environment

ELF = "firmware.elf"


class CompilerFailed(Exception):
    """A compiler or a linker ended with an error; ``said`` is all that it said."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def compile_firmware(folder: Path, parts: Parts, toolchain: Toolchain) -> None:
    """``firmware.elf``, ``.bin``, ``.hex`` and ``.map`` in ``folder``; its objects stay in ``obj``.

    The ELF file has the bytes that the folder's Makefile makes with the same compiler. Raises
    ToolMissing where it is not installed, CompilerFailed.
    """
    command = toolchain.command()
    flags = firmware_flags(folder, parts, toolchain)
    objects = compile_units(folder, command, flags, firmware_units(folder, parts, toolchain), "obj")
    said = run_compiler(folder, [*command, *link_flags(toolchain), *objects, "-o", ELF])
    if toolchain.kind == CLANG:
        (folder / "firmware.map").write_text(said, encoding="utf-8")
    seal(folder / ELF)
    image = read_image(folder / ELF)
    (folder / "firmware.bin").write_bytes(flat_bytes(image))
    (folder / "firmware.hex").write_bytes(intel_hex(image))


def compile_host(
    folder: Path,
    command: Sequence[str],
    checks: Sequence[str],
    name: str,
    app: str = HOST_APP,
) -> None:
    """The program ``host/<name>`` of this machine around an app's source; ``checks`` are flags of
    compiler and linker.

    One that is there, of the same sources by the same command, stays. Raises CompilerFailed.
    """
    program, stamp = folder / "host" / name, folder / "host" / f"{name}.made"
    made_of = _digest(folder, [*command, *checks])
    if program.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of:
        return
    stamp.unlink(missing_ok=True)
    flags, into = host_flags(checks), f"host/{name}.obj"
    objects = compile_units(folder, command, flags, host_units(folder, app), into)
    run_compiler(folder, [*command, *checks, *FIXED_PLACE[1:], *objects, "-o", f"host/{name}"])
    if not checks:  # the address sanitizer lets nobody read between variables
        seal(program)
    stamp.write_text(made_of, encoding="utf-8")


def _digest(folder: Path, command: Sequence[str]) -> str:
    total = hashlib.sha256("\0".join(command).encode())
    for part in ("apps", "include", "kernels", "model", "ports", "proto"):
        for path in sorted((folder / part).rglob("*.[ch]")):
            content = path.read_bytes()
            total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            total.update(content)
    return total.hexdigest()


def compile_units(
    folder: Path, command: Sequence[str], flags: Sequence[str], units: Sequence[Unit], into: str
) -> list[str]:
    """Compiles sources of ``folder`` to objects in its folder ``into``, as many at a time as there
    are processors; the objects' names. Raises CompilerFailed with the first that fails."""
    objects = [str(PurePosixPath(into, unit.source).with_suffix(".o")) for unit in units]
    for place in {(folder / name).parent for name in objects}:
        place.mkdir(parents=True, exist_ok=True)
    failed = Event()

    def one(unit: Unit, made: str) -> str | None:
        if failed.is_set():
            return None
        try:
            run_compiler(folder, [*command, *flags, *unit.flags, "-c", unit.source, "-o", made])
        except CompilerFailed as error:
            failed.set()
            return error.said
        return None

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for said in pool.map(one, units, objects):
            if said is not None:
                raise CompilerFailed(said)
    return objects


def run_compiler(folder: Path, command: Sequence[str]) -> str:
    """Runs it in ``folder``, in English; what it prints. Raises CompilerFailed."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**zig_environment(os.environ), "LC_ALL": "C"},
    )
    if done.returncode != 0:
        raise CompilerFailed(done.stderr or done.stdout)
    return done.stdout
