"""FPGAs that the open tools place and route: what they have, and nextpnr's names for them."""

from __future__ import annotations

from dataclasses import dataclass

from tinyrob.boards.lattice import LatticeBoard
from tinyrob.errors import BoardError, did_you_mean


@dataclass(frozen=True)
class Family:
    """How parts of a family keep words and multiply.

    ``blocks`` are the shapes of a block RAM (bits, words, widest first). Yosys leaves a memory of
    fewer bits than ``small_rom`` or ``small_ram``, or of at most ``few`` words, out of them: then
    16 words of a bit take ``rom`` or ``ram`` LUT places. ``multiplier``: bits of each factor.
    """

    blocks: tuple[tuple[int, int], ...]
    small_rom: int
    small_ram: int
    few: int
    rom: float
    ram: float
    multiplier: int

    @property
    def distributed(self) -> bool:
        """Whether LUTs are RAM, too."""
        return self.few > 1


_ECP5_BLOCKS = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
ECP5 = Family(_ECP5_BLOCKS, 2048, 2048, 16, 0.8, 2.0, 18)
# A RAM in logic is 16 flip-flops, and ten LUTs to choose one of them.
ICE40 = Family(((16, 256), (8, 512), (4, 1024), (2, 2048)), 1024, 64, 1, 2.7, 26.0, 16)


@dataclass(frozen=True)
class Device:
    """``luts`` are LUT4 places, ``rams`` block RAMs, ``dsps`` multipliers of ``family``."""

    name: str
    option: str
    package: str
    luts: int
    rams: int
    dsps: int
    family: Family = ECP5


# Of a board's clock, UART and protocol: what Yosys finds, in round numbers.
_SERVER_LUTS, _SERVER_RAMS = 1_000, 2
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
    """The part on ``board``, less what its clock, UART and protocol take."""
    family = ICE40 if board.family == "ice40" else ECP5
    luts, rams = board.lut - _SERVER_LUTS, board.ram - _SERVER_RAMS
    return Device(board.name, board.device, board.package, luts, rams, board.dsp, family)
