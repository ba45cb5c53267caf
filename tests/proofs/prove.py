"""Proves the C kernels free of run-time errors with Frama-C/Eva; prints the seconds of a processor
that each took.

python tests/proofs/prove.py [NAME ...] [--jobs N] [--each N] [--again]

Exits with 1 where one is not proved: an alarm, an assertion that is not shown, a loop whose end is
not reached. A proof that must fail is run, too: it shows that an overrun by one byte is seen. What
was proved is kept in build/proofs.json, by all that went into it: the next run proves what has
changed (and goes on where this one was stopped), unless it is to prove all of it ``--again``.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parent.parent / "firmware"
PORTABLE = FIRMWARE / "kernels" / "portable"
KEPT = HERE.parent.parent / "build" / "proofs.json"
sys.path[:0] = [str(HERE), str(HERE.parent)]

from tinyrob.files.whole import write_atomically  # noqa: E402

EVA = (
    "-machdep", "gcc_x86_32", "-warn-special-float", "none", "-eva", "-eva-precision", "0",
    "-eva-no-show-progress", "-eva-no-alloc-returns-null", "-eva-alloc-builtin", "fresh",
    "-eva-min-loop-unroll", "100000", "-eva-msg-key=-final-states,-initial-state",
)  # fmt: skip
"""ILP32, little-endian, as the microcontrollers are; every loop is followed to its end."""
REFUTED = "refuted"
SECONDS = 900
"""Of a processor, a proof may take: a busy machine takes nothing away."""
_WITH = re.compile(r"^(?:/| )\* with: (.+?) \*/$", re.MULTILINE)
_OWN = re.compile(r"^ \* eva: (.+?) \*/$", re.MULTILINE)
WRAPS = ("-no-warn-signed-overflow",)
_WRAPPING = re.compile("_dsp_|average_pool_mve")
"""Kernels whose sums go through instructions that wrap. That they do not is a relation between a
word's lanes, which intervals do not hold: there signed overflow is tested (UBSan), not proved."""
CURVES = ("-eva-use-spec", "tr_sigmoid16,tr_tanh16")
"""Functions with harnesses of their own: their contracts are what is known of them."""
_WARNING = re.compile(r"^\[([\w:-]+)\] \S+: Warning:", re.MULTILINE)
_KNOWN = (
    "eva:alarm", "eva:signed-overflow", "eva:locals-escaping", "kernel:parser:decimal-float",
    "kernel:typing:implicit-conv-void-ptr",
)  # fmt: skip
"""Alarms are counted; the second repeats WRAPS; a pointer that outlives what it points to would be
an alarm where it is followed; 0.1 is no binary fraction; C converts void pointers by itself."""
_INCLUDE = re.compile(r'^ *# *include "(.+)"', re.MULTILINE)
_WHERE = re.compile(r"\[eva:alarm\] (\S+):(\d+):[^\[]*")


@dataclass(frozen=True)
class Proof:
    """What Eva is given, under a name."""

    name: str
    files: tuple[Path, ...]
    include: tuple[Path, ...]
    options: tuple[str, ...] = ()

    def digest(self) -> str:
        """Of all that the verdict depends on: the prover, what it is told, the files, and the
        headers that they include."""
        total = hashlib.sha256(f"{_version()} {EVA} {self.options}".encode())
        for path in self._read():
            total.update(f"{path.name}\n".encode() + path.read_bytes())
        return total.hexdigest()

    def _read(self) -> list[Path]:
        """The files, and every file of ours that they include, directly or not."""
        found = list(self.files)
        for path in found:
            for name in _INCLUDE.findall(path.read_text()):
                places = (folder / name for folder in (path.parent, *self.include))
                place = next((one.resolve() for one in places if one.is_file()), None)
                if place is not None and place not in found:
                    found.append(place)
        return found


@functools.cache
def _version() -> str:
    done = subprocess.run(["frama-c", "-version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Record:
    """The seconds of what was proved before, by its digest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.seconds: dict[str, float] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.seconds = json.loads(path.read_bytes())

    def keep(self, digest: str, seconds: float) -> None:
        """This was proved."""
        with self._lock:
            self.seconds[digest] = round(seconds, 1)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(self.seconds, indent=1).encode())


def harnesses() -> list[Proof]:
    """One for each file here: the kernel of its name with any arguments of its contract."""
    found = []
    for path in sorted([*HERE.glob("tr_*.c"), HERE / f"{REFUTED}.c"]):
        text = path.read_text()
        kernel = PORTABLE / path.name
        alone = f'portable/{path.name}"' in text or not kernel.exists()
        own, more = _OWN.search(text), _WITH.search(text)
        sources = (path,) if alone else (path, kernel)
        sources += tuple(PORTABLE / name for name in (more[1].split() if more else ()))
        options = tuple(own[1].split()) if own else ()
        found.append(Proof(path.stem, sources, (FIRMWARE / "include", PORTABLE, HERE), options))
    return found


def emitted_layers(folder: Path, each: int, names: list[str]) -> list[Proof]:
    """Layers of the other instruction sets, as the emitter makes them, with any input: those that
    are named, or all."""
    from emitted import emitted

    found = []
    kernels = {name.split()[0] for name in names} if names else None
    for number, layer in enumerate(emitted(each, kernels)):
        if names and not _named(layer.name, names):
            continue
        home = folder / str(number)
        files = layer.write(home)
        found.append(
            Proof(
                layer.name,
                tuple(files),
                (home / "include", home / "model", home / "kernels"),
                (
                    *(WRAPS if _WRAPPING.search(layer.kernel) else ()),
                    *(CURVES if "_lstm_" in layer.kernel else ()),
                ),
            )
        )
    return found


def _named(proof: str, names: list[str]) -> bool:
    """Whether a proof is meant, by its own name or its kernel's."""
    return proof in names or proof.split()[0] in names


def shortcomings(log: str) -> list[str]:
    """What keeps Eva's log from being a proof."""
    found = [f"alarm at {Path(m[1]).name}:{m[2]}" for m in _WHERE.finditer(log)]
    if "done for function main" not in log or re.search(r"[1-9]\d* errors", log):
        found.append("the analysis has not ended well")
    found += [f"warning {kind}" for kind in _WARNING.findall(log) if kind not in _KNOWN]
    if not re.search(r"^ +0 alarms generated", log, re.MULTILINE):
        found.append("there are alarms")
    if "100% of the logical properties reached have been proven" not in log:
        found.append("not every assertion is shown")
    if "starting to merge loop iterations" in log:
        found.append("a loop was not followed to its end")
    return found


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def prove(proof: Proof) -> tuple[list[str], float]:
    """(what is missing, seconds of a processor)."""
    flags = ["-include string.h -D__builtin_memcpy=memcpy", *(f"-I{p}" for p in proof.include)]
    command = ["frama-c", *EVA, *proof.options, f"-cpp-extra-args={' '.join(flags)}", *proof.files]
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, preexec_fn=_limited
        )
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().decode(errors="replace")
    seconds = used.ru_utime + used.ru_stime
    if seconds >= SECONDS:
        return [f"not done after {SECONDS} s"], seconds
    return shortcomings(said), seconds


def known(proof: Proof, record: Record) -> tuple[list[str], float, str]:
    """(what is missing, seconds, ", before" where it was proved in an earlier run)."""
    digest = proof.digest()
    if digest in record.seconds:
        return [], record.seconds[digest], ", before"
    missing, seconds = prove(proof)
    if proof.name == REFUTED:
        missing = [] if missing else ["an overrun by one byte was not seen"]
    if not missing:
        record.keep(digest, seconds)
    return missing, seconds, ""


def main() -> int:
    """All proofs, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--each", type=int, default=3, help="emitted layers a kernel; 0: none")
    parser.add_argument("--again", action="store_true", help="also what was proved before")
    asked = parser.parse_args()
    if shutil.which("frama-c") is None:
        print("error: frama-c is not installed", file=sys.stderr)
        print("hint: apt-get install frama-c-base", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="tinyrob-proofs-") as folder:
        proofs = [p for p in harnesses() if not asked.names or _named(p.name, asked.names)]
        if asked.each:
            proofs += emitted_layers(Path(folder), asked.each, asked.names)
        record = Record(KEPT)
        if asked.again:
            record.seconds.clear()
        fell, total = 0, 0.0
        with ThreadPoolExecutor(asked.jobs) as pool:
            results = pool.map(lambda one: known(one, record), proofs)
            for proof, (missing, seconds, when) in zip(proofs, results, strict=True):
                verdict = ", ".join(missing) or f"proved{when}"
                print(f"{proof.name:40s} {seconds:6.1f} s  {verdict}", flush=True)
                fell, total = fell + bool(missing), total + seconds
    print(f"{len(proofs) - fell} of {len(proofs)} proved, {total:.0f} s of a processor")
    return 1 if fell or not proofs else 0


if __name__ == "__main__":
    sys.exit(main())
