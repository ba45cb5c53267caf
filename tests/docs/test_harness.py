"""The harness of the documentation's tests finds blocks, notes and differences."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.pages import blocks, run_console, stands_in

PAGE = """# Title

```console
$ echo one
one
$ echo two \\
  three
two three
```

<!-- not run: needs a board on the desk -->
```console
$ tinyrob flash build
```

1. In a list:

    ```toml title="gate.toml"
    clean = 0.7
    ```

<!-- exits 1 -->
```console
$ false
```

```console
$ echo three
four
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    made = tmp_path / "page.md"
    made.write_text(PAGE)
    return made


def test_blocks_have_their_kind_note_and_file(page: Path) -> None:
    first, flash, gate, fails, _ = blocks(page)
    assert first.commands() == [("echo one", ["one"]), ("echo two \\\n  three", ["two three"])]
    assert first.line == 3
    assert flash.reason == "needs a board on the desk"
    assert (gate.kind, gate.title, gate.body) == ("toml", "gate.toml", "clean = 0.7\n")
    assert (fails.status, first.status, first.reason) == (1, 0, None)


def test_output_that_a_page_shows_must_be_printed(page: Path) -> None:
    first, _, _, fails, wrong = blocks(page)
    run_console(first, "page")
    run_console(fails, "page")
    with pytest.raises(AssertionError, match="page:30: echo three\nno 'four'"):
        run_console(wrong, "page:30")


@pytest.mark.parametrize(
    ("shown", "found"),
    [("0  LSB", True), ("flash ... bytes", True), ("1 LSB", False), ("bytes ... flash", False)],
)
def test_a_shown_line_is_compared_with_blanks_alike(shown: str, found: bool) -> None:
    assert stands_in(shown, "max 0 LSB\nflash: 19,288 bytes\n") == found
