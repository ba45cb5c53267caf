"""The protocol's server and a network, in C under the sanitizers, fed with frames (server.c)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from support.on_host import host_folder
from support.surgery import small_file, small_network

HERE = Path(__file__).resolve().parent
FLAGS = (
    "-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
    "-Iinclude", "-Imodel", "-Iproto", "-Iports/common", "-Iports",
)  # fmt: skip


def build(folder: Path, isa: str = "portable") -> Path:
    """The program, with a small network for an instruction set."""
    host_folder(small_network(), small_file(), folder, isa=isa)
    return compiled(folder)


def compiled(folder: Path) -> Path:
    """The program of a folder's sources: what its Makefile compiles for the host, with a console
    that is a buffer."""
    makefile = (folder / "Makefile").read_text()
    listed = re.search(r"^HOST_SOURCES +:= (.*)$", makefile, re.MULTILINE)
    assert listed is not None
    port = [word for word in listed[1].split() if word.startswith("ports/")]
    console = [f"-Dtr_port_{name}=host_{name}" for name in ("read", "write", "flush")]
    objects = []
    for source in port:
        objects.append(Path(source).name + ".o")
        command = ["cc", *FLAGS, *console, "-c", source, "-o", objects[-1]]
        subprocess.run(command, cwd=folder, check=True)
    parts = ("kernels/*.c", "model/*.c", "proto/*.c")
    sources = sorted(str(path) for part in parts for path in folder.glob(part))
    command = ["cc", *FLAGS, str(HERE / "server.c"), *sources, *objects, "-o", "server"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "server"


def fuzz(program: Path, seconds: float, seed: int) -> int:
    """How many streams were given. AssertionError with what a sanitizer said."""
    done = subprocess.run([program, str(seconds), str(seed)], capture_output=True, text=True)
    assert done.returncode == 0, f"server: seed {seed}: {done.stderr[:3000]}"
    return int(done.stdout)
