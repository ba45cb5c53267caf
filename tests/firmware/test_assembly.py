"""Kernels in assembly take no more stack than the stack's bound allows them, wherever it stands.

GCC tells nothing of assembly. So the machine code is read: what a function's pushes and its frame
come to, whether they were written in the kernel's file or came with a header's macro.
"""

from __future__ import annotations

import functools
import re
import subprocess

import pytest

from support.native import compiler, folder
from tinyrob.files import resources
from tinyrob.project.stack import ASSEMBLY_BYTES

KERNELS = resources.firmware() / "kernels"
FLAGS = {
    "dsp": ("-mcpu=cortex-m4", "-O2"),
    "mve": ("-mcpu=cortex-m55", "-mfloat-abi=hard", "-O3"),
}
"""As a build's Makefile has them."""
_FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+)>:\n((?:.+\n)*)", re.MULTILINE)
_NAKED = re.compile(r'"[^"]*?:?(\w+)" label: "[^"]*?\\n0 bytes \(static\)')
_PUSHES = re.compile(r"(?:v?push|v?stmdb)(?:\.w)? (?:sp!, )?\{([^}]*)\}")
_LOWERS = re.compile(r"sub(?:w|\.w)? sp, (?:sp, )?#(\d+)|strd?(?:\.w)? .*\[sp, #-(\d+)\]!")
_GIVES_BACK = re.compile(r"v?pop|v?ldm(?:ia)?(?:\.w)? sp!|add(?:w|\.w)? sp, (?:sp, )?#|.*\[sp\], #")
_USES = re.compile(r"v?(?:st|ld)m(?:ia)?(?:\.w)? sp, \{")
_MOVES = re.compile(r"\S+ sp\b|.*\bsp!")
_CALL = re.compile(r"\t(bl|blx)\t")


def bytes_of(registers: str) -> int:
    """Of a list like ``r4, r5, lr`` or ``d8-d15``."""
    total = 0
    for item in registers.split(","):
        first, _, last = item.strip().partition("-")
        count = int(last[1:]) - int(first[1:]) + 1 if last else 1
        total += count * {"d": 8, "q": 16}.get(first[0], 4)
    return total


def stack_of(code: str) -> int:
    """Bytes that a disassembled function takes below where it was entered, at most.

    AssertionError where it moves the stack pointer in a way that is not understood here.
    """
    taken = 0
    for line in code.splitlines():
        instruction = re.split("[;@]", line.partition("\t")[2])[0].replace("\t", " ").strip()
        if pushed := _PUSHES.match(instruction):
            taken += bytes_of(pushed[1])
        elif lowered := _LOWERS.match(instruction):
            taken += int(lowered[1] or lowered[2])
        elif not _GIVES_BACK.match(instruction) and not _USES.match(instruction):
            assert not _MOVES.match(instruction), instruction
    return taken


@functools.cache
def assembled(isa: str, *more: str) -> dict[str, str]:
    """The disassembly of every function of which GCC says that it has no frame, by name; ``more``:
    flags behind a build's."""
    home = folder()
    sources = [str(path) for path in sorted((KERNELS / isa).glob("*.c"))]
    flags = (*FLAGS[isa], "-mthumb", "-std=c99", "-fcallgraph-info=su", *more)
    include = resources.firmware() / "include"
    name = compiler("arm-none-eabi-gcc")
    subprocess.run([name, *flags, "-I", include, "-c", *sources], cwd=home, check=True)
    found: dict[str, str] = {}
    for path in sorted(home.glob("*.o")):
        text = subprocess.run(
            [compiler("arm-none-eabi-objdump"), "-d", "--no-show-raw-insn", path],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        naked = set(_NAKED.findall(path.with_suffix(".ci").read_text()))
        found |= {name: code for name, code in _FUNCTION.findall(text) if name in naked}
    return found


@pytest.mark.parametrize("isa", FLAGS)
def test_assembly_takes_no_more_stack_than_the_bound_allows(isa: str) -> None:
    taken = {name: stack_of(code) for name, code in assembled(isa).items()}
    assert {name for name, size in taken.items() if size > ASSEMBLY_BYTES} == set()
    assert max(taken.values()) > 64, "the kernels in assembly are among them"


@pytest.mark.parametrize("isa", FLAGS)
def test_assembly_calls_nothing(isa: str) -> None:
    """The bound knows of no call that a compiler has not made."""
    assert {name for name, code in assembled(isa).items() if _CALL.search(code)} == set()


def test_assembly_that_returns_by_itself_is_all_of_its_function() -> None:
    """Not even where nothing is optimized, as in a debug build of a library, is there a frame that
    it would leave on the stack. (GCC takes MVE's operands at no such level.)"""
    own = {name for name, code in assembled("dsp").items() if stack_of(code) > 0}
    assert own - assembled("dsp", "-O0").keys() == set()


def test_assembly_in_a_header_is_seen() -> None:
    header = (KERNELS / "dsp" / "tr_dsp_packed_dot.h").read_text()
    assert '"push {r4-r11, lr}\\n"' in header
    assert '"sub sp, #64\\n"' in header
    taken = {name: stack_of(code) for name, code in assembled("dsp").items()}
    assert taken["tr_dsp_dot_2bit"] == taken["tr_dsp_dot_4bit"] == 9 * 4 + 64


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("stmdb sp!, {r4, r5, r6, lr}", 16),
        ("push {r4, r5, r6, r7, r8, r9, sl, fp, lr}", 36),
        ("vpush {d8-d15}", 64),
        ("sub sp, #64 @ 0x40", 64),
        ("sub.w sp, sp, #512", 512),
        ("str.w r0, [sp, #-4]!", 4),
        ("strd r0, r1, [sp, #40]", 0),
        ("stmia.w sp, {r1, r2}", 0),
        ("add r11, sp, #24", 0),
        ("pop {r4, pc}", 0),
    ],
)
def test_what_takes_stack_is_known(line: str, taken: int) -> None:
    mnemonic, rest = line.split(" ", 1)
    assert stack_of(f"   0:\t{mnemonic}\t{rest}\n") == taken


@pytest.mark.parametrize("line", ["mov\tsp, r0", "ldr.w\tsp, [r0]", "subs\tsp, r1"])
def test_what_moves_the_stack_otherwise_is_refused(line: str) -> None:
    with pytest.raises(AssertionError):
        stack_of(f"   0:\t{line}\n")
