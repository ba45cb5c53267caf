"""The runner serial: over a pseudo-terminal to QEMU's UART and to the host's firmware."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
import serial
from serial.tools import list_ports

from support.firmware import built, need
from support.wires import Wire, harmful
from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError, ToolMissing
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder, SerialOptions
from tinyrob.run.child import Child
from tinyrob.run.host import HostRunner
from tinyrob.run.protocol import Patience
from tinyrob.run.qemu import qemu_command
from tinyrob.run.serial import SerialRunner, find_port
from tinyrob.runners import RUNNERS
from tinyrob.validate.compare import choose

QUICK = Patience(seconds=0.05, attempts=200)


class Played(SerialRunner):
    """A runner of a board that the host's program plays: that is what it must hold."""

    @property
    def _program(self) -> Path:
        return self.folder.path / "host" / "firmware"


def on(wire: Wire, patience: Patience | None = None) -> SerialRunner:
    return Played(at(wire.port), patience)


def at(port: str) -> BuildFolder:
    return dataclasses.replace(built(), serial=SerialOptions(port))


def host() -> Child:
    return Child("the board", [str(built().path / "host" / "firmware")])


def qemu() -> Child:
    return Child("QEMU", qemu_command(find_board("stm32"), built().elf))


@pytest.fixture
def compiled() -> None:
    need("cc", "make")
    with HostRunner(built()):
        pass


def vectors(count: int) -> tuple[np.ndarray, np.ndarray]:
    graph = read_tflite(built().tflite.read_bytes())
    shape = built().manifest.input.shape
    x = np.random.default_rng(8).integers(-128, 128, (count, *shape), dtype=np.int8)
    return x, interpret(graph, x)


def test_an_emulated_uart_gives_every_result_through_loss_corruption_and_delay() -> None:
    need("qemu-system-arm")
    x, expected = vectors(60)
    spoil, links = harmful(3, 0.0007)
    with (
        Wire(qemu, spoil) as wire,
        SerialRunner(at(wire.port), Patience(0.6, 100)) as runner,
    ):
        result = runner.run(x)
        assert runner.profile(x[0])
    assert np.array_equal(result.outputs, expected)
    assert sum(link.harm for link in links) > 5
    assert result.instructions is not None


def test_a_reset_in_the_middle_loses_no_result() -> None:
    need("qemu-system-arm")
    x, expected = vectors(40)
    with Wire(qemu) as wire, SerialRunner(at(wire.port), Patience(0.5, 60)) as runner:
        done = 0

        def press(more: int) -> None:
            nonlocal done
            done += more
            if done in (7, 20):
                wire.reset()

        result = runner.run(x, press)
    assert np.array_equal(result.outputs, expected)


@pytest.mark.slow
def test_ten_thousand_frames_over_a_bad_wire_accept_no_wrong_byte(compiled: None) -> None:
    x, expected = vectors(500)
    spoil, links = harmful(17, 0.0001)
    with Wire(host, spoil) as wire, on(wire, Patience(0.02, 500)) as runner:
        for _ in range(20):
            assert np.array_equal(runner.run(x).outputs, expected)
        assert runner._client is not None
        resent = runner._client.resent
    damaged = sum(link.damaged for link in links)
    # Which bytes are hit depends on how the system cuts the stream: about 115 of them. A few of
    # those share a frame, or are in the second copy of one, and ask for no request more.
    assert damaged > 50
    assert resent > damaged / 2
    assert sum(link.harm for link in links) > 300


def test_noise_before_the_first_frame_is_nothing(compiled: None) -> None:
    x, expected = vectors(3)
    with Wire(host) as wire:
        os.write(wire._slave, b"\x01\x02boot: hello\r\n")
        wire._host.write(b"boot banner of another firmware\r\n", 1.0)
        with on(wire, QUICK) as runner:
            assert np.array_equal(runner.run(x).outputs, expected)


def test_another_model_on_the_board_is_said_so(compiled: None) -> None:
    with Wire(host) as wire:
        folder = at(wire.port)
        other = dataclasses.replace(folder.manifest, model_digest="5a" * 32)
        runner = SerialRunner(dataclasses.replace(folder, manifest=other), QUICK)
        with pytest.raises(RunnerError, match=r"the board on .* holds another model") as raised:
            runner.__enter__()
    assert "firmware on it" in (raised.value.hint or "")


def test_a_silent_board_is_reset_once_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SerialRunner, "greeting", Patience(0.05, 2))
    monkeypatch.setattr("tinyrob.run.serial._BREAK_SECONDS", 0.01)
    with (
        Wire(lambda: Child("nobody", ["sleep", "60"])) as wire,
        pytest.raises(RunnerError, match=r"did not answer: .*, nor after a reset") as raised,
    ):
        on(wire).__enter__()
    assert "tinyrob flash" in (raised.value.hint or "")
    assert "115200 baud" in (raised.value.hint or "")


def test_a_break_wakes_a_board_that_had_hung(
    compiled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SerialRunner, "greeting", Patience(0.2, 5))
    x, expected = vectors(2)
    started: list[str] = []

    def start() -> Child:
        started.append("")
        return Child("hung", ["sleep", "60"]) if len(started) == 1 else host()

    with Wire(start) as wire:
        # A pseudo-terminal has no break: what a probe does on one is done in its place.
        monkeypatch.setattr(serial.Serial, "send_break", lambda port, seconds: wire.reset())
        with on(wire, QUICK) as runner:
            assert np.array_equal(runner.run(x).outputs, expected)
    assert len(started) == 2


def test_a_port_that_goes_away_is_an_error_not_a_hang(compiled: None) -> None:
    x, _ = vectors(5)
    with Wire(host) as wire, on(wire, QUICK) as runner:
        port = runner._child
        assert port is not None
        monkey = port.link._port
        os.close(monkey.fd)
        monkey.fd = os.open("/dev/null", os.O_RDONLY)
        with pytest.raises(RunnerError, match="has gone in the middle of the run") as raised:
            runner.run(x)
    assert "unplugged" in (raised.value.hint or "")


def test_ports_that_cannot_be_opened_name_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = at(str(tmp_path / "ttyACM9"))
    with pytest.raises(RunnerError, match="there is no port") as raised:
        SerialRunner(folder).__enter__()
    assert "serial port" in (raised.value.hint or "")

    def refuse(text: str):
        def opened(*arguments: object, **options: object) -> None:
            raise serial.SerialException(text)

        monkeypatch.setattr(serial, "Serial", opened)

    refuse("[Errno 13] could not open port /dev/ttyACM0: Permission denied")
    with pytest.raises(RunnerError, match="permission denied") as raised:
        SerialRunner(folder).__enter__()
    assert "dialout" in (raised.value.hint or "")
    refuse("could not set speed")
    with pytest.raises(RunnerError, match="cannot be opened at 115200 baud: could not set speed"):
        SerialRunner(folder).__enter__()


def test_a_port_in_use_is_said_so(compiled: None) -> None:
    with (
        Wire(host) as wire,
        on(wire, QUICK),
        pytest.raises(RunnerError, match="is in use by another program"),
    ):
        on(wire, QUICK).__enter__()


class Listed:
    def __init__(self, device: str, vid: int | None) -> None:
        self.device, self.vid = device, vid


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([("/dev/ttyS0", None), ("/dev/ttyACM0", 0x0483)], "/dev/ttyACM0"),
        ([("/dev/ttyUSB0", 0x10C4), ("/dev/ttyACM0", 0x0D28)], "/dev/ttyACM0"),
        ([("/dev/ttyUSB0", 0x10C4)], "/dev/ttyUSB0"),
    ],
)
def test_the_only_port_that_fits_is_found(ports, expected, monkeypatch) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: [Listed(*port) for port in ports])
    assert find_port(SerialOptions()) == expected
    assert find_port(SerialOptions("COM7")) == "COM7"


def test_no_port_and_several_ports_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", list)
    with pytest.raises(RunnerError, match="no USB serial port is connected"):
        find_port(SerialOptions())
    two = [Listed("/dev/ttyACM1", 0x0483), Listed("/dev/ttyACM0", 0x0483)]
    monkeypatch.setattr(list_ports, "comports", lambda: two)
    with pytest.raises(RunnerError, match="several serial ports: /dev/ttyACM0, /dev/ttyACM1"):
        find_port(SerialOptions())


def test_without_pyserial_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="pyserial is not installed") as raised:
        find_port(SerialOptions("COM7"))
    assert str(raised.value.hint).endswith('[serial]"')


def test_serial_is_compared_only_where_it_is_named() -> None:
    assert not RUNNERS["serial"].by_default
    _, chosen, left_out = choose(built(), [])
    assert "serial" not in {*chosen, *left_out}


def test_firmware_without_the_protocol_is_refused() -> None:
    error = RUNNERS["serial"].why_not(built("bench"))
    assert error is not None
    assert "--app bench" in error.message
