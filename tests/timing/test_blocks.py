"""Small programs whose cycles the Cortex-M4's manual gives, assembled and priced."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.firmware import need
from tinyrob.errors import BoardError
from tinyrob.timing import tables
from tinyrob.timing.blocks import price, refill
from tinyrob.timing.decode import Instruction, decode
from tinyrob.timing.tables import COSTS, timing_of, timings

M4 = timing_of("cortex-m4")


def assembled(tmp_path: Path, text: str, cpu: str = "cortex-m4") -> tuple[Instruction, ...]:
    need("arm-none-eabi-gcc", "arm-none-eabi-objcopy")
    source, code = tmp_path / "code.s", tmp_path / "code.bin"
    source.write_text(f".syntax unified\n.thumb\n.text\n{text}\n")
    made = str(tmp_path / "code.o")
    fpu = [] if cpu != "cortex-m4" else ["-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    gcc = ["arm-none-eabi-gcc", f"-mcpu={cpu}", "-mthumb", *fpu, "-c", str(source), "-o", made]
    subprocess.run(gcc, check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", made, str(code)], check=True)
    return decode(code.read_bytes(), 0x0800_0000)


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("add r0, r1, r2", 1),
        ("ldr r0, [r1]", 2),
        ("ldr r0, [r1]\nldr r2, [r3]\nldr r4, [r5]", 4),  # pipelined
        ("ldr r0, [r1]\nldr r2, [r0]", 4),  # the address needs the first one's result
        ("add r1, r1, #4\nldr r0, [r1]", 4),  # an address just made
        ("add r2, r2, #4\nldr r0, [r1]", 3),
        ("str r0, [r1, #4]\nstr r0, [r1, #8]", 2),
        ("ldmia r0!, {r1, r2, r3}", 4),
        ("push {r4, r5, lr}", 4),
        ("ldrd r0, r1, [r2]", 3),
        ("mul r0, r1, r2\nsmlad r0, r1, r2, r3\nsmull r0, r1, r2, r3", 3),
        ("udiv r0, r1, r2", 6),
        ("it eq\naddeq r0, r0, #1", 2),
        ("movs r0, #1\nit eq\naddeq r0, r0, #1", 2),  # folded
        ("vadd.f32 s0, s1, s2\nvfma.f32 s0, s1, s2\nvdiv.f32 s0, s1, s2", 18),
        ("vldmia r0!, {d0-d1}", 5),
        ("sxtb16 r0, r1, ror #8", 1),
        ("tbb [pc, r0]", 2),
    ],
)
def test_a_block_costs_what_the_manual_says(tmp_path: Path, text: str, cycles: int) -> None:
    assert sum(price(assembled(tmp_path, text), M4).values()) == cycles


@pytest.mark.parametrize(
    ("text", "cpu", "cycles"),
    [
        ("ldr r0, [r1]\nstr r0, [r2]\nadd r0, r1", "cortex-m0plus", 5),
        ("ldmia r0!, {r1, r2, r3}", "cortex-m0plus", 4),
        ("muls r0, r1", "cortex-m0plus", 1),
        ("mul r0, r1, r2\nmla r0, r1, r2, r3", "cortex-m3", 3),
    ],
)
def test_other_cores_have_tables_of_their_own(
    tmp_path: Path, text: str, cpu: str, cycles: int
) -> None:
    assert sum(price(assembled(tmp_path, text, cpu), timing_of(cpu)).values()) == cycles


@pytest.mark.parametrize(
    ("last", "target", "cycles"),
    [
        ("b .+8", "nop", 1),
        ("bne .+8", "nop", 1),
        ("bl .+8", "nop", 1),
        ("bx lr", "nop", 2),
        ("pop {r4, pc}", "nop", 3),
        ("ldr pc, [r0]", "nop", 3),
        ("tbb [pc, r0]", "nop", 4),
        ("b .+8", "nop\nadd.w r0, r1, r2", 2),  # a wide target across two words
    ],
)
def test_a_taken_branch_refills_the_pipeline(
    tmp_path: Path, last: str, target: str, cycles: int
) -> None:
    branch = assembled(tmp_path, last)[-1]
    assert refill(branch, assembled(tmp_path, target)[-1], M4) == cycles


def test_causes_are_told(tmp_path: Path) -> None:
    why = price(assembled(tmp_path, "ldmia r0!, {r1, r2}\nldr r3, [r1]"), M4)
    assert why == {"instruction": 2, "LDM, STM words": 2, "load, not pipelined": 1}


def test_every_table_says_where_its_figures_are_from() -> None:
    assert set(timings()) == {f"cortex-{core}" for core in ("m0plus", "m3", "m33", "m4", "m7")}
    for timing in timings().values():
        assert set(timing.cycles) == set(COSTS)
        assert "Arm" in timing.reference
        assert timing.measured


def test_a_core_without_a_table_is_named() -> None:
    with pytest.raises(BoardError, match="no timing table for a cortex-m55"):
        timing_of("cortex-m55")


def test_a_misspelt_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (tables.FOLDER / "cortex_m4.toml").read_text(encoding="utf-8")
    (tmp_path / "cortex_m4.toml").write_text(text.replace("multiply = ", "multply = "))
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    with pytest.raises(BoardError, match=r"cortex_m4\.toml: cycles\.multiply: is missing"):
        tables.timings.__wrapped__()


@pytest.mark.parametrize(
    ("text", "core", "cycles"),
    [
        ("ldr r0, [r1]\nadd r4, r2, r3", "cortex-m33", 2),  # wide: not issued together
        ("ldr r0, [r1]\nadd r4, r0, r3", "cortex-m33", 3),  # used at once
        ("adds r0, r1, r2\nadds r3, r4, r5", "cortex-m33", 1),  # both of 16 bits
        ("adds r0, r1, r2\nadds r3, r0, r5", "cortex-m33", 2),  # the second needs the first
        ("adds r0, r1, r2\nadds r3, r4, r5\nadds r6, r1, r2", "cortex-m33", 2),
        ("ldmia r0!, {r1, r2, r3}", "cortex-m33", 4),
        ("ldr r0, [r1]\nadd r4, r2, r3", "cortex-m7", 1),
        ("ldr r0, [r1]\nldr r2, [r3]", "cortex-m7", 2),  # of one unit
        ("smlad r0, r1, r2, r3\nsmlad r4, r1, r2, r4", "cortex-m7", 2),
        ("smlad r0, r1, r2, r3\nldr r4, [r5]", "cortex-m7", 1),
        ("smlad r0, r1, r2, r3\nadd r4, r0, r5", "cortex-m7", 2),  # needs its result
        ("ldmia r0!, {r1, r2, r3, r4}", "cortex-m7", 3),  # two words a cycle
    ],
)
def test_cores_without_a_published_table_cost_what_theirs_assumes(
    tmp_path: Path, text: str, core: str, cycles: int
) -> None:
    assert sum(price(assembled(tmp_path, text, core), timing_of(core)).values()) == cycles


def test_a_table_without_an_error_says_that_it_is_unknown_and_marks_each_assumption() -> None:
    for core in ("cortex-m33", "cortex-m7"):
        found = timing_of(core)
        assert found.error_percent is None
        assert "the error is unknown" in found.measured
        text = (tables.FOLDER / f"{core.replace('-', '_')}.toml").read_text()
        lines = text.partition("[cycles]")[2].strip().splitlines()
        assert all("[A]" in line or "[P]" in line for line in lines)
