"""Debug probes on USB, and what a part says it is through them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.errors import ToolMissing
from tinyrob.flash.failures import diagnose
from tinyrob.flash.identity import Identity, identity, probed
from tinyrob.flash.probes import choose, connected


def usb(root: Path, *devices: tuple[str, str, str]) -> Path:
    for index, (vendor, product, serial) in enumerate(devices):
        home = root / f"1-{index}"
        home.mkdir(parents=True)
        for name, text in (("idVendor", vendor), ("idProduct", product), ("serial", serial)):
            (home / name).write_text(text + "\n")
        (home / "product").write_text("STM32 STLink\n")
    return root


def test_probes_are_found_on_usb_and_several_must_be_named(tmp_path: Path) -> None:
    root = usb(
        tmp_path / "usb",
        ("1d6b", "0002", "hub"),
        ("0483", "374b", "066CFF"),
        ("0483", "5740", "a virtual COM port, not a probe"),
        ("1366", "0105", "000683"),
        ("2e8a", "000c", "E661"),
        ("2e8a", "0003", "a board that waits for firmware"),
    )
    assert [(p.kind, p.serial) for p in connected(root)] == [
        ("jlink", "000683"),
        ("stlink", "066CFF"),
        ("cmsis-dap", "E661"),
    ]
    assert choose("stlink", None, root) == "066CFF"
    assert choose("stlink", None, tmp_path / "nothing") is None
    with pytest.raises(ToolMissing, match="no probe 0777 is connected") as raised:
        choose("stlink", "0777", root)
    assert "066CFF (STM32 STLink)" in (raised.value.hint or "")
    usb(tmp_path / "two" / "more", ("0483", "374e", "0029"), ("0483", "374b", "066C"))
    with pytest.raises(ToolMissing, match=r"several debug probes are connected: 0029 .*, 066C"):
        choose("stlink", None, tmp_path / "two" / "more")
    assert choose("stlink", "0029", tmp_path / "two" / "more") == "0029"


def test_identities_are_read_from_every_tools_way_to_print_them() -> None:
    whole = Identity(0x10006470, 0xFFFFFFFF)
    assert identity("e0042000:  10006470   |...|") == whole
    assert identity("Info : ...\n0xe0042000: 10006470 \n") == whole
    assert identity("Connected.\nE0042000 = 10006470 \n") == whole
    assert identity("10006470\n") == whole
    assert identity("Board : --\nDevice ID   : 0x470\n") == Identity(0x470, 0xFFF)
    assert identity("nothing") is None


def test_st_info_is_read_for_the_probe_that_is_meant() -> None:
    two = "Found 2\n version: V2\n serial: 066C\n chipid: 0x421\n version: V3\n serial: 0029\n"
    two += " chipid: 0x470\n"
    assert probed(two, "0029") == Identity(0x470, 0xFFF)
    assert probed(two, "066c") == Identity(0x421, 0xFFF)
    assert probed(two, None) == Identity(0x421, 0xFFF)
    assert probed(two, "0777") is None
    assert probed(" version: V2\n serial: 066C\n chipid: 0x000\n", None) is None, "no answer"


def test_what_is_no_failure_is_none() -> None:
    assert diagnose("all is well") is None
