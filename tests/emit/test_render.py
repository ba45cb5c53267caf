"""A mistake in a template is reported with its name and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.emit.render import render
from tinyrob.errors import TinyrobError


def test_names_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "a.c.j2").write_text("{% for x in xs %}\n{{ x }};\n{% endfor %}\n")
    assert render("a.c.j2", tmp_path, xs=[1, 2]) == b"1;\n2;\n"


def test_an_undefined_name_says_template_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.c.j2").write_text("fine\n\n{{ missing }}\n")
    with pytest.raises(TinyrobError, match=r"a\.c\.j2, line 3: 'missing' is undefined"):
        render("a.c.j2", tmp_path)


def test_an_undefined_name_in_a_macro_says_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.c.j2").write_text(
        "{% macro m(x) %}\n\n{{ x.missing }}\n{% endmacro %}\n\n{{ m({}) }}\n"
    )
    with pytest.raises(TinyrobError, match=r"a\.c\.j2, line 3: .*missing"):
        render("a.c.j2", tmp_path)


def test_a_syntax_error_says_template_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.c.j2").write_text("fine\n{% for %}\n")
    with pytest.raises(TinyrobError, match=r"a\.c\.j2, line 2: "):
        render("a.c.j2", tmp_path)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(TinyrobError, match=r"template nothing\.c\.j2 is missing"):
        render("nothing.c.j2", tmp_path)
