"""What runs on a device, in C under the sanitizers: the protocol's server, fed with frames
(server.c), and the functions of a network's header, in any order (network.c).

Where there is a clang with its fuzzer, libFuzzer finds inputs of its own, from those in corpus/: a
line each, in hexadecimal digits, the fewest that reach all that it had reached when they were made.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from support.on_host import host_folder
from support.surgery import small_file, small_network

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
SERVER, NETWORK = "server", "network"
FLAGS = (
    "-std=c99", "-O1", "-g", "-D_ISOC11_SOURCE", "-fno-sanitize-recover=all",
    "-Iinclude", "-Imodel", "-Iproto", "-Iports/common", "-Iports",
)  # fmt: skip
SANITIZED = ("-fsanitize=address,undefined",)
FUZZED = ("-fsanitize=fuzzer,address,undefined", "-DLIBFUZZER")


def clang() -> str | None:
    """A clang that brings libFuzzer (Debian's libclang-rt-dev beside clang), or None."""
    for name in ("clang", *(f"clang-{n}" for n in range(22, 13, -1))):
        if shutil.which(name) is None:
            continue
        asked = [name, "-print-runtime-dir"]
        place = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
        if any(Path(place).glob("libclang_rt.fuzzer*")):
            return name
    return None


def build(folder: Path, isa: str = "portable") -> Path:
    """The sources of a small network for an instruction set, and all around it."""
    host_folder(small_network(), small_file(), folder, isa=isa)
    return folder


def compiled(
    folder: Path, kind: str = SERVER, compiler: str = "cc", more: tuple[str, ...] = SANITIZED
) -> Path:
    """The program of a folder's sources. The server's is what its Makefile compiles for the host,
    with a console that is a buffer."""
    flags, objects, parts = (*FLAGS, *more), [], ["kernels/*.c", "model/*.c"]
    if kind == SERVER:
        parts.append("proto/*.c")
        makefile = (folder / "Makefile").read_text()
        listed = re.search(r"^HOST_SOURCES +:= (.*)$", makefile, re.MULTILINE)
        assert listed is not None
        console = [f"-Dtr_port_{name}=host_{name}" for name in ("read", "write", "flush")]
        for source in (word for word in listed[1].split() if word.startswith("ports/")):
            objects.append(Path(source).name + ".o")
            command = [compiler, *flags, *console, "-c", source, "-o", objects[-1]]
            subprocess.run(command, cwd=folder, check=True)
    sources = sorted(str(path) for part in parts for path in folder.glob(part))
    command = [compiler, *flags, str(HERE / f"{kind}.c"), *sources, *objects, "-o", kind, "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / kind


def fuzz(program: Path, seconds: float, seed: int) -> int:
    """How many inputs were given. AssertionError with what a sanitizer said."""
    done = subprocess.run([program, str(seconds), str(seed)], capture_output=True, text=True)
    assert done.returncode == 0, f"{program.name}: seed {seed}: {done.stderr[:3000]}"
    return int(done.stdout)


def fuzz_by_libfuzzer(program: Path, seconds: float, seed: int) -> int:
    """The same, of a program that libFuzzer drives."""
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as place:
        for number, content in enumerate(corpus(program.name)):
            (Path(place) / str(number)).write_bytes(content)
        done = subprocess.run(
            [
                program, f"-max_total_time={max(1, round(seconds))}", f"-seed={seed or 1}",
                "-max_len=4096", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1",
                place,
            ],
            capture_output=True, text=True, cwd=program.parent,
        )  # fmt: skip
    assert done.returncode == 0, f"{program.name}: seed {seed}: {done.stderr[-3000:]}"
    given = re.search(r"number_of_executed_units: +(\d+)", done.stderr)
    assert given is not None, done.stderr[-1000:]
    return int(given[1])


def corpus(kind: str) -> list[bytes]:
    """What libFuzzer begins from."""
    return [bytes.fromhex(line) for line in (CORPUS / f"{kind}.txt").read_text().split()]


def run(kind: str, by_libfuzzer: bool, seconds: float, seed: int) -> int:
    """Builds one of the two and fuzzes it; how many inputs were given."""
    with tempfile.TemporaryDirectory(prefix="fuzz-in-c-") as place:
        folder = build(Path(place))
        if not by_libfuzzer:
            return fuzz(compiled(folder, kind), seconds, seed)
        compiler = clang()
        assert compiler is not None
        return fuzz_by_libfuzzer(compiled(folder, kind, compiler, FUZZED), seconds, seed)
