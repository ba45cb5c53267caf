"""fit: every board once, what fits first and fastest first, and why the rest does not."""

from __future__ import annotations

import json

import pytest

from support.firmware import need, small
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build import survey as surveying
from tinyrob.build.survey import BoardFit, best_first, survey
from tinyrob.cli import main
from tinyrob.errors import DoesNotFit, ToolMissing


def test_a_board_is_built_for_and_its_cycles_estimated() -> None:
    need("arm-none-eabi-gcc", "make")
    (found,) = survey(small(), [find_board("nucleo_l4r5zi")])
    assert found.fits
    assert found.flash_bytes is not None
    assert found.flash_bytes > 0
    assert found.cycles_estimate is not None
    assert found.ms_estimate == pytest.approx(1e3 * found.cycles_estimate / 120e6)
    assert found.error_percent == 3.5
    assert found.uj_estimate == pytest.approx(110 * 3.0 * found.cycles_estimate * 1e-6)
    assert "DS12023" in (found.power or "")


def test_a_core_without_a_table_fits_and_says_why_it_has_no_cycles() -> None:
    need("arm-none-eabi-gcc", "make")
    (found,) = survey(small(), [find_board("mps3_an547")])
    assert (found.fits, found.cycles_estimate) == (True, None)
    assert "no timing table" in (found.why or "")


def test_what_does_not_fit_or_cannot_be_built_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = iter([DoesNotFit("9 bytes too many", ""), ToolMissing("no compiler", "get one")])

    def fail(*_: object, **__: object) -> None:
        raise next(errors)

    monkeypatch.setattr(surveying, "build", fail)
    boards = [find_board("rp2040"), find_board("stm32")]
    assert [(one.fits, one.why) for one in survey(small(), boards)] == [
        (False, "9 bytes too many"),
        (False, "not built: no compiler"),
    ]


def test_the_fastest_comes_first_and_what_does_not_fit_last() -> None:
    found = [
        BoardFit("none", "", False),
        BoardFit("untimed", "", True, flash_bytes=5),
        BoardFit("slow", "", True, ms_estimate=9.0),
        BoardFit("fast", "", True, ms_estimate=1.0),
    ]
    assert [one.name for one in best_first(found)] == ["fast", "slow", "untimed", "none"]


def test_the_verb_prints_json_and_fails_where_nothing_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        surveying, "survey", lambda model, boards: (BoardFit(b.name, b.title, False, why="too big")
                                                    for b in boards)
    )  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(["fit", "digits-stq-jr", "--json"])
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    boards = json.loads(out)["boards"]
    assert {one["name"] for one in boards} == {board.name for board in all_boards()}
    assert {"name", "fits", "flash_bytes", "ram_bytes", "cycles_estimate", "ms_estimate"} <= set(
        boards[0]
    )
    assert f"fits none of {len(boards)} boards" in err
