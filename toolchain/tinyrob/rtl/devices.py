"""FPGAs that the open tools place and route: what they have, and nextpnr's names for them."""

from __future__ import annotations

from dataclasses import dataclass

from tinyrob.boards.lattice import LatticeBoard
from tinyrob.errors import BoardError, did_you_mean


@dataclass(frozen=True)
class Device:
    """``luts`` are LUT4 places, ``rams`` blocks of 18 kbit, ``dsps`` multipliers of 18 x 18."""

    name: str
    option: str
    package: str
    luts: int
    rams: int
    dsps: int


DEVICES = {
    device.name: device
    for device in (
        Device("ecp5-25k", "25k", "CABGA381", 24_288, 56, 28),
        Device("ecp5-45k", "45k", "CABGA381", 43_848, 108, 72),
        Device("ecp5-85k", "85k", "CABGA381", 83_640, 208, 156),
    )
}
"""Lattice ECP5 (LFE5U), in a package with many pins; smaller ones first."""


def device_of(name: str) -> Device:
    """Raises BoardError for a device that is not in DEVICES."""
    if name not in DEVICES:
        raise BoardError(
            f"there is no device {name!r}",
            f"{did_you_mean(name, DEVICES)}devices: {', '.join(DEVICES)}",
        )
    return DEVICES[name]


def device_of_board(board: LatticeBoard) -> Device:
    """The part on ``board``. An iCE40's RAMs hold 4 kbit, and its multipliers 16 bits: by the model
    of an ECP5 they are fewer and none."""
    small = board.family == "ice40"
    rams, dsps = (board.ram * 4 // 18, 0) if small else (board.ram, board.dsp)
    return Device(board.name, board.device, board.package, board.lut, rams, dsps)
