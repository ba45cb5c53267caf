"""The generated C, compiled for this machine, as a runner."""

from __future__ import annotations

import os
import shutil

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.files.lock import waiting_lock
from tinyrob.project.make import first_error, run_make
from tinyrob.project.manifest import BuildFolder
from tinyrob.run.child import Child
from tinyrob.run.device import DeviceRunner
from tinyrob.run.protocol import Patience


class HostRunner(DeviceRunner):
    """Compiles a build folder's sources with the native compiler (CC, else cc) into ``host/``.

    ``sanitize`` adds address and undefined-behaviour checks, which end the program. Raises
    ToolMissing without a compiler, BuildError where it fails.
    """

    name = "host"
    greeting = Patience(seconds=30.0, attempts=1)

    def __init__(self, folder: BuildFolder, *, sanitize: bool = False) -> None:
        super().__init__(folder, Patience(60.0 + folder.manifest.macs / 1e6, attempts=1))
        self._sanitize = sanitize

    def _start(self) -> Child:
        program = "firmware-sanitized" if self._sanitize else "firmware"
        self._compile()
        return Child("the host's firmware", [str(self.folder.path / "host" / program)])

    def _compile(self) -> None:
        compiler = host_compiler()
        arguments = ["host", f"HOST_CC={compiler}", *(["SANITIZE=1"] if self._sanitize else [])]
        host = self.folder.path / "host"
        host.mkdir(exist_ok=True)
        # Two runs on one folder: the second waits, and finds everything made.
        with waiting_lock(host / ".lock"):
            made = run_make(self.folder.path, arguments)
        if made.returncode != 0:
            raise BuildError(
                f"the C sources of {self.folder.path} do not compile here: "
                f"{first_error(made.stderr)}",
                f"see `make host` in {self.folder.path}",
            )


def host_compiler() -> str:
    """The native C compiler: CC, else cc. Raises ToolMissing where it is not installed."""
    compiler = os.environ.get("CC") or "cc"
    if shutil.which(compiler.split()[0]) is None:
        raise ToolMissing(
            f"{compiler} is not on PATH: the runner `host` needs a C compiler",
            "apt-get install gcc make",
        )
    return compiler
