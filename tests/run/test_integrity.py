"""A device whose flash is not what was built: it says so, and nothing of it is believed."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import built, copied, need, small, stored
from tinyrob.build.job import build
from tinyrob.cli.validate import command
from tinyrob.errors import BuildError, RunnerError
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.elf import read_sections
from tinyrob.project.seal import sealed
from tinyrob.run.emulator.runner import EmulatorRunner
from tinyrob.run.host import HostRunner
from tinyrob.run.qemu import QemuRunner

FLIPS = 40


def zeros(folder: BuildFolder) -> np.ndarray:
    return np.zeros((1, *folder.manifest.input.shape), np.int8)


def flipped(folder: BuildFolder, at: int, bit: int) -> None:
    data = bytearray(folder.elf.read_bytes())
    data[at] ^= 1 << bit
    folder.elf.write_bytes(data)


@pytest.mark.parametrize("runner", [HostRunner, QemuRunner, EmulatorRunner])
def test_a_whole_device_says_so_and_what_looking_costs(runner: type) -> None:
    need("cc", "qemu-system-arm")
    folder = built()
    with runner(folder) as device:
        found = device.check()
        assert found.whole
        assert found.image == found.sealed == sealed(device._program) != 0
        if runner is QemuRunner:  # some ten instructions a byte, as the pages say
            assert 8 * folder.flash_bytes < found.cost < 13 * folder.flash_bytes
        device.run(zeros(folder))


def test_forty_of_forty_flips_in_flash_are_seen(tmp_path: Path) -> None:
    """Weights, code, tables, vectors: the firmware says so, or it does not start."""
    need("qemu-system-arm")
    folder = copied(tmp_path)
    whole = folder.elf.read_bytes()
    built_crc = sealed(folder.elf)
    dice = random.Random(3)
    parts = [(at, size) for name, at, size in stored(folder.elf) if name != ".seal"]
    places = [at + i for at, size in parts for i in range(size)]
    unseen = []
    for _ in range(FLIPS):
        at, bit = dice.choice(places), dice.randrange(8)
        flipped(folder, at, bit)
        assert sealed(folder.elf) == built_crc  # what the host compares with has not changed
        device = QemuRunner(folder)
        device.greeting = type(device.greeting)(seconds=2.0, attempts=1)
        try:
            with device:
                unseen.append((at, bit))
        except RunnerError:
            pass
        folder.elf.write_bytes(whole)
    assert unseen == []


def test_a_flip_in_the_weights_is_named_and_validate_refuses(tmp_path: Path) -> None:
    need("qemu-system-arm")
    folder = copied(tmp_path)
    _, offset, size = next(s for s in stored(folder.elf) if s[0] == ".weights")
    flipped(folder, offset + size // 2, 6)
    with pytest.raises(RunnerError, match=r"what is in flash is not .*firmware.elf: its CRC-32"):
        QemuRunner(folder).__enter__()
    ran = CliRunner().invoke(command, [str(folder.path), "--on", "qemu"])
    assert ran.exit_code != 0


def test_a_device_refuses_by_itself_what_its_host_does_not_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("qemu-system-arm")
    folder = copied(tmp_path)
    _, offset, size = next(s for s in stored(folder.elf) if s[0] == ".weights")
    flipped(folder, offset + size // 2, 6)
    monkeypatch.setattr("tinyrob.run.device.sealed", lambda path: None)
    with QemuRunner(folder) as device:
        found = device.check()
        assert (found.whole, found.constants) == (False, False)
        for ask in (lambda: device.run(zeros(folder)), device.stats):
            with pytest.raises(RunnerError, match="what is in its flash is not what was built"):
                ask()


@pytest.mark.parametrize("how", ["asked", "from its start"])
def test_watching_sees_a_flip_that_comes_while_it_runs(how: str, tmp_path: Path) -> None:
    """In the emulator a bit of the weights changes between two inferences."""
    folder = built()
    if how == "from its start":
        build(small(), "stm32", out=tmp_path / "watches", check="watch")
        folder = open_build(tmp_path / "watches")
        assert folder.manifest.check == "watch"
    device = EmulatorRunner(folder)
    with device:
        if how == "asked":
            device.watch()
        for _ in range(2 * len(folder.manifest.layers)):
            device.run(zeros(folder))
        memory = device.machine._uc
        at = next(s for s in read_sections(folder.elf) if s.name == ".weights").address + 5
        memory.mem_write(at, bytes([memory.mem_read(at, 1)[0] ^ 16]))
        with pytest.raises(RunnerError, match="what is in its flash is not what was built"):
            device.run(np.repeat(zeros(folder), 2 * len(folder.manifest.layers), axis=0))


def test_an_app_that_does_not_watch_is_not_built_to(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="the app bench of the runtime native does not watch"):
        build(small(), "stm32", "bench", out=tmp_path / "out", check="watch")
    assert not (tmp_path / "out").exists()
