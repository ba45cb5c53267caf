"""Drivers of sensors beside a board: a C file that a user wires, fills in, and builds with.

Boards that have a microphone of their own need none: that is in their port.
"""

from __future__ import annotations

from tinyrob.boards.board import Board
from tinyrob.boards.read import all_boards
from tinyrob.errors import BoardError
from tinyrob.files import resources

MICROPHONE, CAMERA = SENSORS = ("microphone", "camera")
"""What there are drivers of, by the app that takes it."""
_MICROPHONES = {
    "nrf52": "pdm_nrf.c",
    "nrf53": "pdm_nrf.c",
    "rp2040": "adc_rp2.c",
    "rp2350": "adc_rp2.c",
    "stm32f4_pll": "i2s_stm32f4.c",
    "stm32f7": "i2s_stm32f4.c",
    "stm32g0": "own_stm32.c",
    "stm32h7": "own_stm32.c",
    "stm32l4": "own_stm32.c",
}
"""Of each port."""
_CAMERAS = {"b_u585i_iot02a": "dcmi_stm32u5.c"}
"""Of each board with a connector for one."""


def driver_of(board: Board, sensor: str) -> str | None:
    """The file under firmware/drivers that a board's user begins with; None where there is none."""
    if sensor == MICROPHONE:
        return _MICROPHONES.get(board.port)
    return _CAMERAS.get(board.name)


def boards_with(sensor: str) -> list[str]:
    """The boards that there is a driver of it for."""
    return [one.name for one in all_boards() if driver_of(one, sensor)]


def source_of(board: Board, sensor: str) -> bytes:
    """That file's bytes. Raises BoardError."""
    name = driver_of(board, sensor)
    if name is None:
        raise BoardError(f"there is no driver of a {sensor} for {board.name}", _why(board, sensor))
    return (resources.firmware() / "drivers" / name).read_bytes()


def _why(board: Board, sensor: str) -> str:
    if sensor == MICROPHONE and board.microphone is not None:
        return f"it has one of its own: build with --app {MICROPHONE}"
    return (
        f"boards that there is one for: {', '.join(boards_with(sensor))}; a file that defines the "
        f"functions of firmware/ports/common/tr_{sensor}.h is one"
    )
