"""Firmware on a board, over its console's UART, as a runner."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from typing import TYPE_CHECKING, Any, Protocol

from tinyrob.boards.lattice import find_lattice_board
from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.project.build_folder import BuildFolder, SerialOptions
from tinyrob.project.image_crc import RTL
from tinyrob.run.device import DeviceRunner
from tinyrob.run.link import LinkClosed
from tinyrob.run.protocol import Client, Hello, NoAnswer, Patience

if TYPE_CHECKING:
    import serial

BITS_PER_BYTE = 10
"""On the wire: a start bit, eight of data, a stop bit."""
_CYCLES_PER_MAC = 100
"""Far above the slowest kernels on the slowest core: a device that takes longer has hung."""
_BREAK_SECONDS = 0.25
PROBES = {0x0483: "ST-LINK", 0x0D28: "DAPLink", 0x1366: "J-Link", 0x2E8A: "Raspberry Pi"}
"""USB vendors of debug probes, whose serial port is the board's console."""


class SerialLink:
    """A serial port as a byte stream. Raises LinkClosed where the port goes away."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def read(self, timeout: float) -> bytes:
        """What has come within ``timeout`` seconds."""
        import serial

        try:
            self._port.timeout = max(0.0, timeout)
            first = self._port.read(1)
            return bytes(first + self._port.read(self._port.in_waiting)) if first else b""
        except (serial.SerialException, OSError):
            raise LinkClosed from None

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of ``data``."""
        import serial

        try:
            self._port.write_timeout = timeout
            self._port.write(data)
        except serial.SerialTimeoutException:
            raise TimeoutError from None
        except (serial.SerialException, OSError):
            raise LinkClosed from None


class SerialPort:
    """An open port. ``who`` is how errors call the board behind it."""

    def __init__(self, device: str, baud: int) -> None:
        import serial

        self.who = f"the board on {device}"
        self._device = device
        try:
            self._port = serial.Serial(device, baud, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise RunnerError(*_cannot_open(device, baud, error)) from None
        self.link = SerialLink(self._port)
        # What the board said before we listened is no answer to us.
        self._port.reset_input_buffer()

    def reset(self) -> None:
        """Sends a break: DAPLink and ST-LINK reset the board for it, others ignore it."""
        with contextlib.suppress(Exception):
            self._port.send_break(_BREAK_SECONDS)
            time.sleep(_BREAK_SECONDS)

    def died(self) -> RunnerError:
        """The error for a port that went away."""
        return RunnerError(
            f"{self._device} has gone in the middle of the run",
            "was the board unplugged? connect it, and run again",
        )

    def hung(self, error: RunnerError) -> RunnerError:
        """The same error: a board has no last words."""
        return error

    def stop(self) -> None:
        """Closes the port; the board stays as it is."""
        with contextlib.suppress(Exception):
            self._port.close()


def _cannot_open(device: str, baud: int, error: Exception) -> tuple[str, str]:
    """Message and hint that name the fix."""
    text = str(error)
    if "lock" in text or "busy" in text.lower():
        return (
            f"{device} is in use by another program",
            "close the terminal or the IDE that holds it (`fuser` names it)",
        )
    if "Permission denied" in text or "Access is denied" in text:
        return (
            f"{device}: permission denied",
            "add yourself to its group (`sudo usermod -aG dialout $USER`), then log in again",
        )
    if "No such file" in text or "could not find" in text.lower():
        return f"there is no port {device}", _ports_hint()
    return f"{device} cannot be opened at {baud} baud: {text}", "another --port or --baud?"


class _Listed(Protocol):
    device: str
    vid: int | None


def _ports() -> list[_Listed]:
    """The machine's USB serial ports."""
    from serial.tools import list_ports

    found: list[Any] = list(list_ports.comports())
    return [port for port in found if port.vid is not None]


def _ports_hint() -> str:
    names = ", ".join(sorted(port.device for port in _ports()))
    return f"USB serial ports here: {names}" if names else "no USB serial port is connected"


def find_port(options: SerialOptions) -> str:
    """The port that was named, else the only one there is, debug probes' before all others.

    Raises ToolMissing without pyserial, RunnerError where none or several fit.
    """
    if importlib.util.find_spec("serial") is None:
        raise ToolMissing("pyserial is not installed", install_command("serial"))
    if options.port is not None:
        return options.port
    ports = _ports()
    fitting = [port for port in ports if port.vid in PROBES] or ports
    if not fitting:
        raise RunnerError(
            "no USB serial port is connected",
            "connect the board by its debug probe's USB socket, or name the port with --port",
        )
    if len(fitting) > 1:
        names = ", ".join(sorted(port.device for port in fitting))
        raise RunnerError(f"there are several serial ports: {names}", "name one with --port")
    return fitting[0].device


class SerialRunner(DeviceRunner):
    """Talks to firmware of the build folder that a board already runs (`tinyrob flash`).

    A board that does not answer is reset by a break once. Requests are repeated until an answer
    with the right checksum comes: noise, loss and resets cost time, not results. Raises RunnerError
    for a port that cannot be had, a board that stays silent, and another model on it.
    """

    name = "serial"
    greeting = Patience(seconds=0.5, attempts=6)

    def __init__(self, folder: BuildFolder, patience: Patience | None = None) -> None:
        baud, macs_a_second = _speed(folder)
        self.baud = folder.serial.baud or folder.manifest.baud or baud
        super().__init__(folder, patience or _patience(folder, self.baud, macs_a_second))

    def _start(self) -> SerialPort:
        return SerialPort(find_port(self.folder.serial), self.baud)

    def _greet(self, client: Client, digest: bytes) -> Hello:
        with contextlib.suppress(NoAnswer):
            return client.hello(digest, self.greeting)
        port = self._child
        assert isinstance(port, SerialPort)
        port.reset()
        try:
            return client.hello(digest, self.greeting)
        except NoAnswer as error:
            raise RunnerError(
                f"{error.message}, nor after a reset",
                f"is this build on it (`tinyrob flash {self.folder.path}`), is it the right port, "
                f"does its console run at {self.baud} baud?",
            ) from None


def _speed(folder: BuildFolder) -> tuple[int, float]:
    """The board file's baud rate, and the multiplications a second that it makes at least."""
    about = folder.manifest
    if about.runtime == RTL:
        fpga = find_lattice_board(about.board)
        return fpga.baud, fpga.hz
    board = find_board(about.board)
    return board.console.baud, board.clock.cpu_hz / _CYCLES_PER_MAC


def _patience(folder: BuildFolder, baud: int, macs_a_second: float) -> Patience:
    """Time for the longest request and answer, and for the inference between them."""
    manifest = folder.manifest
    longest = manifest.input.bytes + max((layer.ram_bytes for layer in manifest.layers), default=0)
    wire = (longest + 128) * BITS_PER_BYTE / baud
    return Patience(1.0 + 1.5 * wire + manifest.macs / macs_a_second, attempts=20)
