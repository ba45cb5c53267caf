"""The generated C, compiled for this machine, as a runner."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.files import system
from tinyrob.files.lock import waiting_lock
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.compile import CompilerFailed, compile_host
from tinyrob.project.make import first_error, run_make
from tinyrob.project.zig import zig_program
from tinyrob.run.child import Child
from tinyrob.run.device import DeviceRunner
from tinyrob.run.protocol import Patience

_CHECKS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


class HostRunner(DeviceRunner):
    """Compiles a build folder's sources with the native compiler (CC, else cc, else the wheel
    ziglang's) into ``host/``.

    ``sanitize`` adds address and undefined-behaviour checks, which end the program. Raises
    ToolMissing without a compiler, BuildError where it fails.
    """

    name = "host"
    greeting = Patience(seconds=30.0, attempts=1)

    def __init__(self, folder: BuildFolder, *, sanitize: bool = False) -> None:
        super().__init__(folder, Patience(60.0 + folder.manifest.macs / 1e6, attempts=1))
        self._sanitize = sanitize

    def _start(self) -> Child:
        self._compile(self._program.name)
        return Child("the host's firmware", [str(self._program)])

    @property
    def _program(self) -> Path:
        name = system.program("firmware-sanitized" if self._sanitize else "firmware")
        return self.folder.path / "host" / name

    def _compile(self, program: str) -> None:
        compiler = host_compiler()
        host = self.folder.path / "host"
        host.mkdir(exist_ok=True)
        # Two runs on one folder: the second waits, and finds everything made.
        with waiting_lock(host / ".lock"):
            said = self._make(compiler) if self._is_tflm else self._call(compiler, program)
        if said is not None:
            raise BuildError(
                f"the C sources of {self.folder.path} do not compile here: {first_error(said)}",
                f"see `make host` in {self.folder.path}",
            )

    @property
    def _is_tflm(self) -> bool:
        return self.folder.manifest.runtime == "tflm"

    def _call(self, compiler: list[str], program: str) -> str | None:
        """What went wrong, or None."""
        try:
            compile_host(self.folder.path, compiler, _CHECKS if self._sanitize else (), program)
        except CompilerFailed as error:
            return error.said
        return None

    def _make(self, compiler: list[str]) -> str | None:
        """TFLite-Micro's many files: make knows which are made."""
        arguments = ["host", f"HOST_CC={shlex.join(compiler)}"]
        made = run_make(self.folder.path, [*arguments, *(["SANITIZE=1"] if self._sanitize else [])])
        return made.stderr if made.returncode != 0 else None


def host_compiler() -> list[str]:
    """How the native C compiler is called: CC, else cc, else the wheel's. Raises ToolMissing."""
    named = shlex.split(os.environ.get("CC", ""), posix=os.name != "nt") or ["cc"]
    if shutil.which(named[0]) is not None:
        return named
    if not os.environ.get("CC"):
        try:
            return [str(zig_program()), "cc"]
        except ToolMissing as error:
            raise ToolMissing(
                f"cc is not on PATH, and {error.message}: the runner `host` needs a C compiler",
                f"apt-get install gcc; or, without root: {error.hint}",
            ) from None
    raise ToolMissing(
        f"{named[0]} is not on PATH: the runner `host` needs a C compiler", "apt-get install gcc"
    )
