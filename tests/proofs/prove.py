"""Proves the C kernels free of run-time errors with Frama-C/Eva; prints how long each took.

python tests/proofs/prove.py [NAME ...] [--jobs N] [--each N]

Exits with 1 where one is not proved: an alarm, an assertion that is not shown, a loop whose end is
not reached. A proof that must fail is run, too: it shows that an overrun by one byte is seen.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parent.parent / "firmware"
PORTABLE = FIRMWARE / "kernels" / "portable"
sys.path[:0] = [str(HERE), str(HERE.parent)]

EVA = (
    "-machdep", "gcc_x86_32", "-warn-special-float", "none", "-eva", "-eva-precision", "0",
    "-eva-no-show-progress", "-eva-no-alloc-returns-null", "-eva-alloc-builtin", "fresh",
    "-eva-min-loop-unroll", "100000", "-eva-msg-key=-final-states,-initial-state",
)  # fmt: skip
"""ILP32, little-endian, as the microcontrollers are; every loop is followed to its end."""
REFUTED = "refuted"
SECONDS = 900
_WITH = re.compile(r"^(?:/| )\* with: (.+?) \*/$", re.MULTILINE)
_OWN = re.compile(r"^ \* eva: (.+?) \*/$", re.MULTILINE)
WRAPS = ("-no-warn-signed-overflow",)
_WRAPPING = re.compile("_dsp_|average_pool_mve")
"""Kernels whose sums go through instructions that wrap. That they do not is a relation between a
word's lanes, which intervals do not hold: there signed overflow is tested (UBSan), not proved."""
_WARNING = re.compile(r"^\[([\w:-]+)\] \S+: Warning:", re.MULTILINE)
_KNOWN = (
    "eva:alarm", "eva:signed-overflow", "eva:locals-escaping", "kernel:parser:decimal-float",
    "kernel:typing:implicit-conv-void-ptr",
)  # fmt: skip
"""Alarms are counted; the second repeats WRAPS; a pointer that outlives what it points to would be
an alarm where it is followed; 0.1 is no binary fraction; C converts void pointers by itself."""
_WHERE = re.compile(r"\[eva:alarm\] (\S+):(\d+):[^\[]*")


@dataclass(frozen=True)
class Proof:
    """What Eva is given, under a name."""

    name: str
    files: tuple[Path, ...]
    include: tuple[Path, ...]
    options: tuple[str, ...] = ()


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


def emitted_layers(folder: Path, each: int) -> list[Proof]:
    """Layers of the other instruction sets, as the emitter makes them, with any input."""
    from emitted import emitted

    found = []
    for number, layer in enumerate(emitted(each)):
        home = folder / str(number)
        files = layer.write(home)
        found.append(
            Proof(
                layer.name,
                tuple(files),
                (home / "include", home / "model", home / "kernels"),
                WRAPS if _WRAPPING.search(layer.kernel) else (),
            )
        )
    return found


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


def prove(proof: Proof) -> tuple[list[str], float]:
    """(what is missing, seconds)."""
    started = time.monotonic()
    flags = ["-include string.h -D__builtin_memcpy=memcpy", *(f"-I{p}" for p in proof.include)]
    command = ["frama-c", *EVA, *proof.options, f"-cpp-extra-args={' '.join(flags)}", *proof.files]
    try:
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=SECONDS
        )
        missing = shortcomings(done.stdout + done.stderr)
    except subprocess.TimeoutExpired:
        missing = [f"not done after {SECONDS} s"]
    return missing, time.monotonic() - started


def main() -> int:
    """All proofs, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--each", type=int, default=3, help="emitted layers a kernel; 0: none")
    asked = parser.parse_args()
    if shutil.which("frama-c") is None:
        print("error: frama-c is not installed", file=sys.stderr)
        print("hint: apt-get install frama-c-base", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="tinyrob-proofs-") as folder:
        proofs = harnesses()
        if asked.each:
            proofs += emitted_layers(Path(folder), asked.each)
        if asked.names:
            proofs = [p for p in proofs if {p.name, p.name.split()[0]} & set(asked.names)]
        fell = 0
        with ThreadPoolExecutor(asked.jobs) as pool:
            for proof, (missing, seconds) in zip(proofs, pool.map(prove, proofs), strict=True):
                if proof.name == REFUTED:
                    missing = [] if missing else ["an overrun by one byte was not seen"]
                verdict = ", ".join(missing) or "proved"
                print(f"{proof.name:40s} {seconds:6.1f} s  {verdict}", flush=True)
                fell += bool(missing)
    print(f"{len(proofs) - fell} of {len(proofs)} proved")
    return 1 if fell or not proofs else 0


if __name__ == "__main__":
    sys.exit(main())
