"""tinyrob flash for a board whose boot loader shows a drive: picotool, a copy, a debug probe."""

from __future__ import annotations

import dataclasses
import errno
import threading
import time
from pathlib import Path

import pytest

from support.fake_tools import Bench
from support.firmware import built
from tinyrob import cli
from tinyrob.boards.read import find_board
from tinyrob.errors import BoardError, BuildError, RunnerError, TinyrobError, ToolMissing
from tinyrob.files.plan import BuildPlan
from tinyrob.flash import bootsel, probes
from tinyrob.flash.program import describe, flash, plan
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import FILE

BOARD = find_board("rp2040")
INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
OTHER = "UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: RP2350\n"
GOOD = 'echo "Loading into Flash: [====]  100%"; echo "Verifying Flash: [====]  100%"; echo "  OK"'


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    """A build of the small network that says it is a Pico's."""
    whole, path = built(), tmp_path / "b"
    path.mkdir()
    for name in ("firmware.elf", "firmware.bin", "firmware.hex", "model.tflite"):
        (path / name).write_bytes((whole.path / name).read_bytes())
    (path / "firmware.uf2").write_bytes(b"blocks" * 1000)
    sources = BuildPlan({"model.tflite": whole.tflite.read_bytes()})
    manifest = dataclasses.replace(
        whole.manifest, board=BOARD.name, target=BOARD.name, digest=sources.digest
    )
    (path / FILE).write_text(manifest.to_json())
    return BuildFolder(path, manifest)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    (tmp_path / "bin").mkdir()
    return Bench(tmp_path / "bin", monkeypatch)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without USB, and with no drive mounted."""
    monkeypatch.setattr(probes, "USB", tmp_path / "no usb")
    monkeypatch.setattr(bootsel, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(bootsel, "_SECONDS", 5.0)
    (tmp_path / "mounts").write_text("proc /proc proc rw 0 0\nsysfs /sys sysfs rw 0 0\n")


def mounted(tmp_path: Path, name: str, info: str) -> Path:
    path = tmp_path / name
    path.mkdir()
    (path / "INFO_UF2.TXT").write_bytes(info.encode())
    with (tmp_path / "mounts").open("a") as mounts:
        mounts.write(f"/dev/sdb1 {str(path).replace(' ', chr(92) + '040')} vfat rw 0 0\n")
    return path


def board(drive: Path, bytes_wanted: int) -> threading.Thread:
    """What a board does: once it has all of its firmware it restarts, and its drive is gone."""

    def play() -> None:
        file = drive / "firmware.uf2"
        for _ in range(1000):
            if file.exists() and file.stat().st_size == bytes_wanted:
                (drive / "INFO_UF2.TXT").unlink()
                return
            time.sleep(0.005)

    thread = threading.Thread(target=play)
    thread.start()
    return thread


def test_firmware_is_copied_to_the_drive_and_the_board_is_waited_for(
    folder: BuildFolder, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = mounted(tmp_path, "RPI RP2", INFO)
    playing = board(drive, 6000)
    cli.main(["flash", str(folder.path)])
    playing.join()
    assert (drive / "firmware.uf2").read_bytes() == (folder.path / "firmware.uf2").read_bytes()
    assert "rp2040: programmed by its drive, not read back" in capsys.readouterr().out


def test_a_dry_run_shows_the_copy_and_makes_none(
    folder: BuildFolder, bench: Bench, tmp_path: Path
) -> None:
    shown = describe(*plan(folder, None, None, None, installed=False))
    assert shown.command.startswith(f"cp {folder.path}/firmware.uf2 /media/")
    assert shown.command.endswith("/RPI-RP2/ && sync")
    drive = mounted(tmp_path, "there", INFO)
    shown = describe(*plan(folder, None, None, None, installed=False))
    assert shown.command == f"cp {folder.path}/firmware.uf2 {drive}/ && sync"
    assert not shown.verified
    assert not (drive / "firmware.uf2").exists()


def test_picotool_is_taken_before_the_drive_and_reads_back(
    folder: BuildFolder, bench: Bench
) -> None:
    bench.has("picotool", GOOD)
    bench.has("pyocd", "exit 1")
    chosen, job = plan(folder, None, None, None)
    done = flash(chosen, job)
    assert (done.tool, done.verified) == ("picotool", True)
    uf2 = f"{folder.path}/firmware.uf2"
    assert bench.calls() == [f"picotool load --verify {uf2}", "picotool reboot"]


def test_a_debug_probe_that_is_there_or_named_is_taken_instead(
    folder: BuildFolder, bench: Bench, tmp_path: Path
) -> None:
    bench.has("picotool", "")
    bench.has("pyocd", "")
    assert plan(folder, None, "E661", None)[0].name == "pyocd"
    assert plan(folder, None, "/media/me/RPI-RP2", None)[0].name == "uf2"
    device = tmp_path / "no usb" / "1-1"
    device.mkdir(parents=True)
    for name, text in (("idVendor", "2e8a"), ("idProduct", "000c"), ("serial", "E661")):
        (device / name).write_text(text)
    chosen, job = plan(folder, None, None, None)
    assert (chosen.name, job.probe) == ("pyocd", "E661")
    assert plan(folder, None, None, "uf2")[0].name == "uf2"


def test_the_probes_tools_know_the_part(folder: BuildFolder) -> None:
    shown = {name: describe(*plan(folder, None, None, name, installed=False)).command
             for name in ("pyocd", "openocd", "probe-rs")}  # fmt: skip
    assert shown["pyocd"].startswith("pyocd load --no-wait --target rp2040 ")
    assert (
        "interface/cmsis-dap.cfg -c 'adapter speed 5000' -f target/rp2040.cfg" in shown["openocd"]
    )
    assert "--chip RP2040 " in shown["probe-rs"]
    assert f"compare 0x10000000 {folder.path}/firmware.bin" in shown["pyocd"]
    with pytest.raises(BoardError, match="'st-flash' does not program rp2040"):
        plan(folder, None, None, "st-flash")


FAILING = [
    ("No accessible RP-series devices in BOOTSEL mode were found.", "no rp2040 waits", "BOOTSEL"),
    ("No accessible RP2040 devices in BOOTSEL mode were found.", "no rp2040 waits", "--tool pyocd"),
    (
        "No accessible RP-series devices in BOOTSEL mode were found.\nbut:\nDevice at bus 1"
        " appears to be in BOOTSEL mode, but picotool was unable to connect. Maybe try 'sudo'",
        "this user may not open it",
        'ATTRS{idVendor}=="2e8a"',
    ),
    ("Family ID 'rp2040' cannot be downloaded anywhere", "is not the one of rp2040", "right board"),
    ("Multiple RP-series devices in BOOTSEL mode found:", "several debug probes or bo", "--probe"),
    ("ERROR: The device contents did not match the file", "read back is not what", "again"),
]


@pytest.mark.parametrize(("said", "message", "hint"), FAILING)
def test_each_failure_of_picotool_names_its_fix(
    said: str, message: str, hint: str, folder: BuildFolder, bench: Bench
) -> None:
    bench.has("picotool", f"cat <<'SAID'\n{said}\nSAID\nexit 249")
    with pytest.raises(TinyrobError) as raised:
        flash(*plan(folder, None, None, None))
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


def test_without_a_drive_the_error_says_to_hold_bootsel(folder: BuildFolder, bench: Bench) -> None:
    with pytest.raises(RunnerError, match="no RPI-RP2 drive is mounted") as raised:
        flash(*plan(folder, None, None, None))
    assert "hold BOOTSEL while you plug in rp2040's USB cable" in (raised.value.hint or "")
    assert "by-label/RPI-RP2" in (raised.value.hint or "")
    with pytest.raises(RunnerError, match="no RPI-RP2 drive is mounted at /nowhere"):
        flash(*plan(folder, None, "/nowhere", None))


def test_another_boards_drive_is_not_written_to(
    folder: BuildFolder, bench: Bench, tmp_path: Path
) -> None:
    drive = mounted(tmp_path, "RP2350", OTHER)
    said = r"is that of Raspberry Pi RP2350 \(RP2350\), rp2040 has RPI-RP2"
    with pytest.raises(BoardError, match=said):
        flash(*plan(folder, None, None, None))
    assert [path.name for path in drive.iterdir()] == ["INFO_UF2.TXT"]


def test_of_several_drives_one_must_be_named(
    folder: BuildFolder, bench: Bench, tmp_path: Path
) -> None:
    first, second = (mounted(tmp_path, name, INFO) for name in ("one", "two"))
    with pytest.raises(ToolMissing, match=f"several RPI-RP2 drives are mounted: {first}, {second}"):
        flash(*plan(folder, None, None, None))
    playing = board(second, 6000)
    assert flash(*plan(folder, None, str(second), None)).probe == str(second)
    playing.join()
    assert not (first / "firmware.uf2").exists()


def test_a_board_that_does_not_take_its_firmware_is_told(
    folder: BuildFolder, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = mounted(tmp_path, "there", INFO)
    monkeypatch.setattr(bootsel, "_SECONDS", 0.2)
    with pytest.raises(RunnerError, match=f"still shows {drive}: it has not taken firmware.uf2"):
        flash(*plan(folder, None, None, None))


@pytest.mark.parametrize(
    ("number", "fails"), [(errno.EACCES, True), (errno.ENOSPC, True), (errno.EIO, False)]
)
def test_a_drive_that_goes_with_the_last_byte_is_no_failure_and_a_closed_one_is(
    number: int,
    fails: bool,
    folder: BuildFolder,
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drive = mounted(tmp_path, "there", INFO)

    def write(path: Path, data: bytes) -> None:
        if not fails:
            (drive / "INFO_UF2.TXT").unlink()
        raise OSError(number, "as the system says")

    monkeypatch.setattr(bootsel, "_write", write)
    chosen, job = plan(folder, None, None, None)
    if fails:
        with pytest.raises(RunnerError, match="cannot be written: as the system says"):
            flash(chosen, job)
    else:
        assert not flash(chosen, job).verified


def test_a_system_that_lists_no_mounts_has_no_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootsel, "MOUNTS", Path("/nowhere/mounts"))
    assert bootsel.drives() == ()


def test_a_build_folder_without_it_is_to_be_built_again(folder: BuildFolder, bench: Bench) -> None:
    (folder.path / "firmware.uf2").unlink()
    with pytest.raises(BuildError, match=r"has no firmware\.uf2"):
        plan(folder, None, None, None)
