"""What a bitstream says it was made from: the CRC-32 of its Verilog."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

RTL = "rtl"
"""The runtime of a folder whose network is hardware."""
TOP = "board.v"
"""Its "firmware": clock and pins around the design, which alone is not in the sum."""


def verilog_crc(files: Mapping[str, bytes]) -> int:
    """Of the network's Verilog, ``rtl/*.v``, by name; never 0, which means that it is not known."""
    crc = 0
    for name in sorted(files):
        if name.startswith("rtl/") and name.endswith(".v"):
            crc = zlib.crc32(files[name], zlib.crc32(name.encode(), crc))
    return crc or 0xFFFF_FFFF


def verilog_crc_of(folder: Path) -> int:
    """The same of a project's folder."""
    return verilog_crc({f"rtl/{path.name}": path.read_bytes() for path in folder.glob("rtl/*.v")})
