"""What a flash tool's output means, and the fix: one row a failure, for all tools."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UDEV = (
    "install udev rules: as root, write "
    """SUBSYSTEM=="usb", ATTRS{{idVendor}}=="{vendor}", MODE="0660", TAG+="uaccess" """
    "to /etc/udev/rules.d/60-{probe}.rules, run `udevadm control --reload`, plug the board in again"
)
VENDORS = {"stlink": "0483", "jlink": "1366", "cmsis-dap": "2e8a"}
"""USB vendor of each probe (CMSIS-DAP: Raspberry Pi's, which are the boards' as well)."""


@dataclass(frozen=True)
class Failure:
    """``message`` and ``hint`` may hold {board}, {probe}, {vendor} and {part}; ``retry``: holding
    the part in reset may help."""

    pattern: str
    message: str
    hint: str
    retry: bool = False


FAILURES: tuple[Failure, ...] = (
    Failure(
        r"LIBUSB_ERROR_ACCESS|Access denied|insufficient permissions|permission denied"
        r"|but picotool was unable to connect",
        "the debug probe or the board is there, but this user may not open it",
        _UDEV,
    ),
    Failure(
        r"LIBUSB_ERROR_BUSY|Resource busy|already in use|in use by another|exclusive access"
        r"|already open|ST-LINK error \(DEV_USB_COMM_ERR\)|unable to claim",
        "the debug probe is in use by another program",
        "end the debugger or IDE that holds it (OpenOCD, a GDB server, STM32CubeIDE), or plug the "
        "board in again",
    ),
    Failure(
        r"target type .* not recognized|unknown target type|The chip '?.*'? (?:was )?not found"
        r"|Unknown device .* selected|Can't find target/",
        "the tool does not know the part {part}",
        "update it; pyOCD: `pyocd pack install {part}`",
    ),
    Failure(
        r"UNEXPECTED idcode|Cannot identify target as|unknown chip id|Unknown memory region"
        r"|Core ID mismatch|expected .* got .*(?:chip|idcode|part)|is not a valid device"
        r"|Family ID .* cannot be downloaded"
        r"|connected (?:chip|device).*(?:not|does not) match",
        "the part on the probe is not the one of {board}",
        "is this the right board? `tinyrob build --target` another, or name its probe with --probe",
    ),
    Failure(
        r"multiple (?:debug )?probes|more than one (?:debug )?(?:probe|ST-?LINK)|several probes"
        r"|more than one device|Multiple RP-series devices",
        "several debug probes or boards are connected",
        "name one by its serial number with --probe",
    ),
    Failure(
        r"verif\w* failed|verif\w* error|Mismatched byte|contents differ|data mismatch|"
        r"Failed to verify|device contents did not match",
        "what was read back is not what was written to {board}",
        "program it again; if it stays, the flash is worn out or write-protected (option bytes)",
    ),
    Failure(
        r"write.?protect|read.?out protect|RDP|flash.*locked|APPROTECT",
        "the flash of {board} is protected",
        "remove the protection with the vendor's tool (this erases the part)",
    ),
    Failure(
        r"No accessible RP\S* devices? in BOOTSEL mode",
        "no {board} waits for firmware",
        "hold BOOTSEL while you plug in its USB cable; through a debug probe: `--tool pyocd`",
    ),
    Failure(
        r"No connected debug probes|No available debug probes|No target device available"
        r"|No (?:connected |debug )?probes? (?:was |were )?(?:found|detected)"
        r"|Couldn't find any ST-?Link"
        r"|No ST-?LINK detected|Error: open failed|unable to find a matching|no device found"
        r"|Cannot connect to (?:the )?J-Link|Connecting to J-Link.*FAILED"
        r"|Debug Probe not found",
        "no debug probe was found",
        "connect {board} by the USB socket of its probe (a cable with data lines); "
        "`lsusb` must show {vendor}:…",
    ),
    Failure(
        r"unable to connect|can ?not connect to (?:the )?target|target not (?:responding|found)"
        r"|No ACK|transfer fault|init mode failed|Failed to (?:connect|enter SWD|attach)"
        r"|communication failure|Could not connect to (?:the )?target|Error connecting DP"
        r"|unable to get core ID|Timeout|Target (?:is )?not examined|no response",
        "{board} does not answer its debug probe, nor with its reset held",
        "is the board powered (its jumper or switch), is another probe attached to its pins?",
        retry=True,
    ),
)
"""The first that matches counts, so what is most particular comes first."""


def diagnose(output: str) -> Failure | None:
    """The failure that an output tells of; None for one that nobody has met."""
    return next((f for f in FAILURES if re.search(f.pattern, output, re.IGNORECASE)), None)
