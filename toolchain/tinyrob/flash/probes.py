"""Debug probes on this machine's USB, without any tool: as Linux shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import ToolMissing
from tinyrob.flash.failures import VENDORS

USB = Path("/sys/bus/usb/devices")
_STLINKS = ("3744", "3748", "374a", "374b", "374d", "374e", "374f", "3752", "3753", "3754", "3757")
"""ST's products under its vendor that are ST-LINKs (V1 to V3); others may be anything."""
_RASPBERRY_PI_PROBES = ("0004", "000c")
"""Picoprobe and Debug Probe; 0003, for one, is a board that waits for firmware."""
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("stlink", VENDORS["stlink"], _STLINKS),
    ("jlink", VENDORS["jlink"], ()),
    ("cmsis-dap", VENDORS["cmsis-dap"], _RASPBERRY_PI_PROBES),
    ("cmsis-dap", "0d28", ("0204",)),
)
"""Kind, USB vendor, products (none: all). The last is Arm's DAPLink."""


@dataclass(frozen=True)
class Probe:
    """A debug probe; ``kind`` is one of ``boards.PROBES``."""

    kind: str
    serial: str
    product: str


def connected(root: Path | None = None) -> tuple[Probe, ...]:
    """All debug probes, by serial number; none where the system does not show them. ``root`` is
    where it does (None: ``USB``)."""
    found = [probe for device in _devices(root or USB) if (probe := _probe(device)) is not None]
    return tuple(sorted(found, key=lambda probe: probe.serial))


def _devices(root: Path) -> Iterable[Path]:
    return root.iterdir() if root.is_dir() else ()


def _probe(device: Path) -> Probe | None:
    vendor, product = _text(device / "idVendor"), _text(device / "idProduct")
    kind = next(
        (
            kind
            for kind, number, products in _KINDS
            if number == vendor and (not products or product in products)
        ),
        None,
    )
    if kind is None:
        return None
    return Probe(kind, _text(device / "serial"), _text(device / "product") or kind)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def choose(kind: str, named: str | None, root: Path | None = None) -> str | None:
    """The probe to use: the one that was named, else the only one of the board's kind.

    None where the system shows none: the tool looks by itself. Raises ToolMissing where several
    fit, or the named one is not among those that are there.
    """
    fitting = [probe for probe in connected(root) if probe.kind == kind]
    listed = ", ".join(f"{probe.serial} ({probe.product})" for probe in fitting)
    if named is not None:
        if fitting and not any(named in probe.serial for probe in fitting):
            raise ToolMissing(
                f"no probe {named} is connected", f"connected: {listed}; name one of these"
            )
        return named
    if len(fitting) > 1:
        raise ToolMissing(
            f"several debug probes are connected: {listed}", "name one with --probe SERIAL"
        )
    return fitting[0].serial or None if fitting else None
