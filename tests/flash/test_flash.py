"""tinyrob flash: exact commands, and each failure of each tool, played by fake tools."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from support.fake_tools import Bench
from support.firmware import built, need
from tinyrob import cli
from tinyrob.boards.read import find_board
from tinyrob.errors import BoardError, BuildError, RunnerError, TinyrobError, ToolMissing
from tinyrob.files.plan import BuildPlan
from tinyrob.flash import probes
from tinyrob.flash.probes import connected
from tinyrob.flash.program import Flashed, choose_tool, describe, flash, plan
from tinyrob.flash.tools import TOOLS, FlashTool, Job
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import FILE

BOARD = find_board("nucleo_l4r5zi")


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    """A build of the small network that says it is a Nucleo's: tools are fakes, so it may."""
    whole = built()
    path = tmp_path / "a build"
    path.mkdir()
    for name in ("firmware.elf", "firmware.bin", "firmware.hex", "model.tflite"):
        (path / name).write_bytes((whole.path / name).read_bytes())
    sources = BuildPlan({"model.tflite": whole.tflite.read_bytes()})
    manifest = dataclasses.replace(
        whole.manifest, board=BOARD.name, target=BOARD.name, digest=sources.digest
    )
    (path / FILE).write_text(manifest.to_json())
    return BuildFolder(path, manifest)


@pytest.fixture(autouse=True)
def no_usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "USB", tmp_path / "no usb")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    (tmp_path / "bin").mkdir()
    return Bench(tmp_path / "bin", monkeypatch)


def tool(name: str) -> FlashTool:
    return next(tool for tool in TOOLS if tool.name == name)


GOOD = {
    "pyocd": 'case "$*" in *read32*) echo "e0042000:  10006470   |..dp|";;'
    ' *compare*) echo "All 21268 bytes match.";; esac',
    "openocd": 'case "$*" in *mdw*) echo "0xe0042000: 10006470";;'
    ' *) echo "** Verified OK **";; esac',
    "st-flash": 'echo "INFO common.c: Flash written and verified! jolly good!"',
    "stm32cubeprogrammer": 'echo "Device ID   : 0x470"; echo "Download verified successfully"',
    "jlink": 'case "$*" in *identify*) echo "E0042000 = 10006470";;'
    ' *) echo "Verify successful.";; esac',
    "probe-rs": 'case "$*" in read*) echo "10006470";; *) echo "Finished in 2.1s";; esac',
}


@pytest.mark.parametrize("name", GOOD)
def test_a_board_is_programmed_and_verified(name: str, folder: BuildFolder, bench: Bench) -> None:
    bench.has(tool(name).program, GOOD[name])
    chosen, job = plan(folder, None, "066CFF", None)
    assert chosen.name == name
    done = flash(chosen, job)
    assert done == Flashed(name, done.command, "066CFF", verified=True)
    assert all("066CFF" in call for call in bench.calls() if not call.startswith("st-info"))
    assert not any("reset=HWrst" in call or "under-reset" in call for call in bench.calls())


@pytest.mark.parametrize("name", GOOD)
def test_a_dry_run_prints_the_exact_command_and_calls_nothing(
    name: str, folder: BuildFolder, bench: Bench
) -> None:
    bench.has(tool(name).program, GOOD[name])
    chosen, job = plan(folder, None, None, name)
    shown = describe(chosen, job)
    assert bench.calls() == []
    assert not shown.verified
    done = flash(chosen, job)
    assert done.command == shown.command
    if name == "jlink":
        script = (folder.path / "flash.jlink").read_text().splitlines()
        assert f'verifybin "{folder.path / "firmware.bin"}" 0x08000000' in script


def test_the_commands_are_these(folder: BuildFolder) -> None:
    job = Job(BOARD, Path("build"), None)
    shown = {t.name: [" ".join(c) for c in t.commands(job)] for t in TOOLS if t.fits(BOARD)}
    assert shown == {
        "pyocd": [
            "pyocd load --no-wait --target stm32l4r5zitx --format hex build/firmware.hex",
            "pyocd commander --no-wait --target stm32l4r5zitx -c "
            "compare 0x08000000 build/firmware.bin -c reset",
        ],
        "openocd": [
            "openocd -f interface/stlink.cfg -f target/stm32l4x.cfg -c "
            "program {build/firmware.elf} verify reset exit"
        ],
        "st-flash": ["st-flash --reset write build/firmware.bin 0x08000000"],
        "stm32cubeprogrammer": [
            "STM32_Programmer_CLI -c port=SWD -w build/firmware.hex -v -rst",
        ],
        "jlink": [
            "JLinkExe -device STM32L4R5ZI -if SWD -speed 4000 -autoconnect 1 -NoGui 1 "
            "-ExitOnError 1 -CommandFile build/flash.jlink"
        ],
        "probe-rs": [
            "probe-rs download --chip STM32L4R5ZITx --verify --binary-format elf "
            "build/firmware.elf",
            "probe-rs reset --chip STM32L4R5ZITx",
        ],
    }


SILENT = {
    "pyocd": "0000815 C Transfer error: No ACK received [pyocd]",
    "openocd": "Error: init mode failed (unable to connect to the target)",
    "st-flash": "Failed to enter SWD mode",
    "stm32cubeprogrammer": "Error: Unable to get core ID",
    "jlink": "Cannot connect to target.",
    "probe-rs": "Error: Failed to attach to chip: the target did not respond: No response",
}
HELD = {
    "pyocd": "--connect under-reset",
    "openocd": "connect_assert_srst",
    "st-flash": "--connect-under-reset",
    "stm32cubeprogrammer": "mode=UR",
    "jlink": "",
    "probe-rs": "--connect-under-reset",
}


@pytest.mark.parametrize("name", SILENT)
def test_a_part_that_does_not_answer_is_tried_once_more_under_reset(
    name: str, folder: BuildFolder, bench: Bench
) -> None:
    held = HELD[name] or "never"
    bench.has(
        tool(name).program,
        f'case "$*" in *"{held}"*) {GOOD[name]};; *) echo "{SILENT[name]}" >&2; exit 1;; esac',
    )
    chosen, job = plan(folder, None, None, None)
    if name != "jlink":  # its way of holding the part is in its script
        assert flash(chosen, job).verified
    bench.has(tool(name).program, f'echo "{SILENT[name]}"; exit 1')
    with pytest.raises(RunnerError, match="nucleo_l4r5zi does not answer its debug probe"):
        flash(chosen, job)
    if name == "jlink":
        assert (folder.path / "flash.jlink").read_text().startswith("RSetType 2\n")


FAILING = [
    ("pyocd", "No connected debug probes", RunnerError, "no debug probe was found", "lsusb"),
    ("openocd", "Error: open failed", RunnerError, "no debug probe was found", "0483"),
    ("st-flash", "Couldn't find any ST-Link devices", RunnerError, "no debug probe", "USB"),
    ("stm32cubeprogrammer", "Error: No debug probe detected.", RunnerError, "no debug", "USB"),
    ("jlink", "Connecting to J-Link via USB...FAILED", RunnerError, "no debug probe", "USB"),
    ("probe-rs", "Error: No connected probes were found.", RunnerError, "no debug", "USB"),
    ("openocd", "libusb_open() failed with LIBUSB_ERROR_ACCESS", RunnerError, "may not", "udev"),
    ("pyocd", "[Errno 13] Access denied (insufficient permissions)", RunnerError, "may", "udev"),
    ("pyocd", "USBError: [Errno 16] Resource busy", RunnerError, "in use by another", "debugger"),
    ("openocd", "Error: libusb_claim_interface: LIBUSB_ERROR_BUSY", RunnerError, "in use", "IDE"),
    ("openocd", "Warn : UNEXPECTED idcode: 0x4ba00477", RunnerError, "is not the one", "--target"),
    ("openocd", "Error: Cannot identify target as an STM32 L4/L4+", RunnerError, "not the", "--pr"),
    ("st-flash", "ERROR common.c: unknown chip id! 0x423", RunnerError, "is not the", "--target"),
    ("pyocd", "Target type stm32l4r5zitx not recognized.", RunnerError, "know", "pack install"),
    ("probe-rs", "The chip 'STM32L4R5ZITx' was not found", RunnerError, "does not know", "update"),
    ("probe-rs", "Error: multiple probes were found.", RunnerError, "several", "--probe"),
    ("openocd", "Error: checksum mismatch; verify failed", RunnerError, "read back", "again"),
    ("stm32cubeprogrammer", "Error: Data mismatch found at 0x8", RunnerError, "read", "again"),
    ("openocd", "Error: flash write-protected", RunnerError, "is protected", "erases"),
    ("openocd", "something nobody has seen", RunnerError, "status 1: something", "by hand"),
]


@pytest.mark.parametrize(("name", "said", "kind", "message", "hint"), FAILING)
def test_each_failure_names_its_fix(
    name: str,
    said: str,
    kind: type[TinyrobError],
    message: str,
    hint: str,
    folder: BuildFolder,
    bench: Bench,
) -> None:
    bench.has(tool(name).program, f"cat >&2 <<'SAID'\n{said}\nSAID\nexit 1")
    chosen, job = plan(folder, None, None, name)
    with pytest.raises(kind) as raised:
        flash(chosen, job)
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize("name", GOOD)
def test_another_part_is_noticed_before_anything_is_written(
    name: str, folder: BuildFolder, bench: Bench
) -> None:
    other = GOOD[name].replace("10006470", "20006421").replace("0x470", "0x421")
    bench.has(tool(name).program, other, chip="0x421")
    chosen, job = plan(folder, None, None, None)
    both = r"device id 0x421 \(nucleo_f446re\), that of nucleo_l4r5zi is 0x470"
    with pytest.raises(BoardError, match=both):
        flash(chosen, job)
    assert len(bench.calls()) == 1
    words = (" load ", "program {", " -w ", "download", " write ", "flash.jlink")
    assert not any(word in bench.calls()[0] for word in words)
    if name == "jlink":
        script = (folder.path / "identify.jlink").read_text().splitlines()
        assert script == ["mem32 0xe0042000 1", "qc"]


def test_another_revision_is_noticed_by_tools_that_read_the_whole_register(
    folder: BuildFolder, bench: Bench
) -> None:
    job = Job(find_board("nucleo_h743zi2"), folder.path, None)
    bench.has("pyocd", GOOD["pyocd"].replace("10006470", "10036450"))
    said = r"0x10030450 \(nucleo_h743zi\), that of nucleo_h743zi2 is 0x20030450"
    with pytest.raises(BoardError, match=said):
        flash(tool("pyocd"), job)
    bench.has("pyocd", GOOD["pyocd"].replace("10006470", "20036450"))
    assert flash(tool("pyocd"), job).verified
    bench.has("st-flash", GOOD["st-flash"], chip="0x450")
    assert flash(tool("st-flash"), job).verified, "it tells no revision"


def test_an_unknown_part_is_named_by_its_id_alone(folder: BuildFolder, bench: Bench) -> None:
    bench.has("st-flash", GOOD["st-flash"], chip="0x999")
    with pytest.raises(BoardError, match=r"the device id 0x999, that of nucleo_l4r5zi is 0x470"):
        flash(*plan(folder, None, None, None))


def test_a_mismatch_that_pyocd_reports_with_status_0_is_a_failure(
    folder: BuildFolder, bench: Bench
) -> None:
    bad = GOOD["pyocd"].replace("All 21268 bytes match.", "Mismatched byte at 0x08000010")
    bench.has("pyocd", bad)
    with pytest.raises(RunnerError, match="what was read back is not what was written"):
        flash(*plan(folder, None, None, None))


def test_a_tool_that_says_nothing_of_verification_is_not_believed(
    folder: BuildFolder, bench: Bench
) -> None:
    bench.has("st-flash", "echo done")
    with pytest.raises(RunnerError, match="did not say that it verified the flash: done"):
        flash(*plan(folder, None, None, None))


def test_a_tool_that_hangs_is_given_up(
    folder: BuildFolder, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyrob.flash.program._SECONDS", 0.3)
    bench.has("st-flash", "exec /bin/sleep 60")
    with pytest.raises(RunnerError, match=r"st-flash ran for 0\.3 s without an end"):
        flash(*plan(folder, None, None, None))


def test_the_first_tool_that_is_installed_is_taken_and_none_names_pyocd(
    folder: BuildFolder, bench: Bench
) -> None:
    with pytest.raises(ToolMissing, match="no flash tool for nucleo_l4r5zi is on PATH") as raised:
        plan(folder, None, None, None)
    assert raised.value.hint == "pip install pyocd"
    assert plan(folder, None, None, None, installed=False)[0].name == "pyocd"
    bench.has("st-flash", "")
    bench.has("openocd", "")
    assert plan(folder, None, None, None)[0].name == "openocd"
    with pytest.raises(ToolMissing, match="on PATH: JLinkExe"):
        plan(folder, None, None, "jlink")


def test_mistakes_of_board_and_tool_are_errors(folder: BuildFolder, bench: Bench) -> None:
    bench.has("pyocd", "")
    with pytest.raises(BoardError, match="holds firmware for nucleo_l4r5zi, not for nucleo_f446re"):
        plan(folder, "f446re", None, None)
    assert plan(folder, "l4r5zi", None, None)[1].board == BOARD
    with pytest.raises(BoardError, match="'picotool' does not program nucleo_l4r5zi"):
        plan(folder, None, None, "picotool")
    with pytest.raises(BoardError, match="'pyocdd' does not program") as raised:
        plan(folder, None, None, "pyocdd")
    assert "did you mean pyocd " in (raised.value.hint or "")
    (folder.path / "firmware.hex").unlink()
    with pytest.raises(BuildError, match=r"has no firmware\.hex"):
        plan(folder, None, None, None)


def test_an_emulated_part_is_not_programmed() -> None:
    with pytest.raises(BoardError, match="stm32f405 is not programmed by a probe") as raised:
        choose_tool(find_board("stm32"), None)
    assert raised.value.hint == "run it with --on qemu"


def test_the_verb_prints_json_and_exits_as_every_verb_does(
    folder: BuildFolder, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["flash", str(folder.path), "--dry-run", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == {"command", "probe", "verified"}
    assert shown["command"].startswith("pyocd load --no-wait --target stm32l4r5zitx")
    assert (shown["probe"], shown["verified"]) == (None, False)
    bench.has("st-flash", GOOD["st-flash"])
    cli.main(["flash", str(folder.path)])
    assert "programmed and verified with st-flash" in capsys.readouterr().out
    bench.has("st-flash", "echo 'Couldn'\"'\"'t find any ST-Link devices'; exit 1")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["flash", str(folder.path), "--json"])
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (1, "")
    assert "error: no debug probe was found\nhint: connect nucleo_l4r5zi" in said.err


@pytest.mark.parametrize("board", ["nucleo_h743zi", "rp2040"])  # pyOCD knows them without a pack
@pytest.mark.parametrize("name", ["pyocd", "openocd"])
def test_the_real_tool_without_a_probe_is_understood(
    name: str, board: str, folder: BuildFolder
) -> None:
    need(name)
    if connected(Path("/sys/bus/usb/devices")):
        pytest.skip("a probe is connected: this would program its board")
    with pytest.raises(RunnerError, match="no debug probe was found"):
        flash(tool(name), Job(find_board(board), folder.path, None))
