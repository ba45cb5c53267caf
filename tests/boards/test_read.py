"""Board files: those there are, and one for each way to get one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.boards import read as boards
from tinyrob.errors import BoardError
from tinyrob.files import resources
from tinyrob.kernels.table import INSTRUCTION_SETS

INVALID = sorted((Path(__file__).parent / "invalid").glob("*.toml"))


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_board_is_refused_by_file_and_key(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    with pytest.raises(BoardError) as raised:
        boards.load_board(path)
    assert raised.value.message.startswith(expected)


def test_a_misspelt_key_is_shown_the_right_one(tmp_path: Path) -> None:
    text = (resources.boards() / "stm32f405.toml").read_text(encoding="utf-8")
    path = tmp_path / "stm32f405.toml"
    path.write_text(text.replace("[stack]", "[stack]\nbyte = 4"), encoding="utf-8")
    with pytest.raises(BoardError) as raised:
        boards.load_board(path)
    assert raised.value.hint == "did you mean bytes?"


def test_a_misspelt_instruction_set_is_shown_the_right_one() -> None:
    with pytest.raises(BoardError) as raised:
        boards.load_board(Path(__file__).parent / "invalid" / "misspelt_isa.toml")
    assert raised.value.hint == "did you mean dsp?"


def test_the_instruction_sets_of_boards_are_those_that_kernels_are_for() -> None:
    assert set(boards.instruction_sets()) == set(INSTRUCTION_SETS)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"gone\.toml: cannot be read"):
        boards.load_board(tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(BoardError, match=r"latin\.toml: is not UTF-8"):
        boards.load_board(tmp_path / "latin.toml")


def test_every_board_that_ships_is_valid_and_names_its_manual() -> None:
    names = [board.name for board in boards.all_boards()]
    files = sorted(resources.boards().glob("*.toml"))
    assert names == [path.stem for path in files if boards.kind_of(path) == "mcu"]
    assert all(len(board.reference) > 10 for board in boards.all_boards())


def test_stm32_is_the_emulated_part_with_the_real_limits() -> None:
    board = boards.find_board("stm32")
    assert board is boards.find_board("stm32f405")
    assert (board.flash_bytes, board.ram_bytes) == (1 << 20, 128 << 10)
    assert {r.name: (r.start, r.bytes) for r in board.memory} == {
        "flash": (0x0800_0000, 1 << 20),
        "sram": (0x2000_0000, 128 << 10),
        "ccm": (0x1000_0000, 64 << 10),
    }
    assert board.emulator is not None
    assert board.emulator.machine == "netduinoplus2"


def test_an_unknown_target_is_shown_its_nearest() -> None:
    with pytest.raises(BoardError, match="no board 'stm23'") as raised:
        boards.find_board("stm23")
    assert "stm32" in (raised.value.hint or "")
    with pytest.raises(BoardError, match="no board None"):
        boards.find_board(None)  # type: ignore[arg-type]  # as a script's unset variable is


def test_two_boards_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (resources.boards() / "stm32f405.toml").read_text(encoding="utf-8")
    for name in ("first", "second"):
        renamed = text.replace('name = "stm32f405"', f'name = "{name}"')
        (tmp_path / f"{name}.toml").write_text(renamed, encoding="utf-8")
    monkeypatch.setattr(resources, "boards", lambda: tmp_path)
    boards.all_boards.cache_clear()
    try:
        with pytest.raises(BoardError, match="'stm32' also names first"):
            boards.all_boards()
    finally:
        boards.all_boards.cache_clear()


def test_a_console_can_have_another_speed_that_its_uart_makes() -> None:
    board = boards.find_board("nucleo_f446re")
    assert boards.at_speed(board, 921_600).console.baud == 921_600
    assert boards.at_speed(board, 921_600).clock == board.clock
    for baud in (1_000, 3_000_000, 100_000_000):
        with pytest.raises(BoardError, match="console cannot run at") as raised:
            boards.at_speed(board, baud)
        assert "1,200 to about 2,812,500" in (raised.value.hint or "")


@pytest.mark.parametrize("name", [b.name for b in boards.all_boards() if b.flashing])
def test_every_real_board_goes_to_921_600_baud(name: str) -> None:
    assert boards.at_speed(boards.find_board(name), 921_600).console.baud == 921_600
