"""Any text becomes part of a file in its language and nothing more; names are safe to show."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.emit.render import render
from tinyrob.files import escape, names, resources

HOSTILE = (
    "\n$(shell touch pwned)`touch pwned`'\"*/ ?> ??/ </script> ]]> [bold] {{ x }} ; | & % # \\ "
    "[exec touch pwned] ${x} $ENV{X} \x1b]0;title\x07 \u202e \u2028 é 漢 \x00 \r\t"
)
texts = st.text(max_size=80) | st.text("\n\\\"'`$#*/?[]{};%<>&|@()\r\x1b\x00 a", max_size=40)


@given(texts)
def test_c_comments_and_strings_cannot_be_ended(text: str) -> None:
    assert re.fullmatch(r"""[ !#-)+->@-\[\]-~]*""", escape.c_comment(text))


@given(texts)
def test_identifiers_are_those_of_c_verilog_and_vhdl(text: str) -> None:
    word = escape.c_identifier(text)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", word)
    assert len(word) <= 65


@given(texts)
def test_json_reads_back_the_text(text: str) -> None:
    assert json.loads(f'"{escape.json_string(text)}"') == text
    assert escape.json_string(text).isascii()


@given(texts)
def test_html_reads_back_the_visible_text(text: str) -> None:
    shown = escape.html(text)
    assert not re.search("[<>\"'\x1b\x00]", shown)
    assert html.unescape(shown) == names.visible(text, "\n\t")


@given(texts)
def test_xml_stays_well_formed(text: str) -> None:
    root = ElementTree.Element("a", b=escape.xml(text))
    root.text = escape.xml(text)
    back = ElementTree.fromstring(ElementTree.tostring(root, encoding="utf-8"))
    assert (back.text or "") == escape.xml(text)


@given(texts)
def test_a_terminal_is_told_nothing(text: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
                         escape.terminal(text))  # fmt: skip


@given(texts)
def test_a_name_is_one_safe_line_and_safe_names_are_left_alone(text: str) -> None:
    name = names.safe(text)
    assert names.is_safe(name)
    assert names.safe(name) == name
    assert len(name.splitlines()) <= 1


@given(texts)
def test_make_tcl_and_cmake_have_nothing_to_expand(text: str) -> None:
    assert not re.search(r"[^A-Za-z0-9_./:=@%+, -]", escape.make(text))
    assert not re.search(r"[$\\#`\n\r]", escape.make_comment(text))
    assert not re.search(r'[$\\"\[\]{};\n\r]', escape.tcl(text))
    assert not re.search(r'[$\\"#;@\[\]()<>\n\r]', escape.cmake(text))


def test_ordinary_names_are_left_as_they_are() -> None:
    for name in ("digits-stq-jr", "model/conv2d_1/Relu;model/bn", "é", "漢字 网络", "a:0"):
        assert names.safe(name) == name
    assert names.safe("x" * 10_000) == "x" * 509 + "..."
    assert names.safe("a\x1b[1m\nb") == r"a\x1b[1m\x0ab"


@pytest.mark.parametrize(
    "name", ["../x", "/x", ".hidden", "", "a/b", "a\nb", "-f", "x" * 200, ".."]
)
def test_what_is_a_path_is_no_file_name(name: str) -> None:
    assert not names.is_file_name(name)


def test_every_template_is_of_a_language_with_a_rule() -> None:
    found = sorted(resources.templates().rglob("*.j2"))
    assert found
    for path in found:
        assert escape.for_file(path.name.removesuffix(".j2")) is not None


def test_a_template_of_another_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sh.j2").write_text("echo {{ x }}")
    with pytest.raises(LookupError, match=r"a\.sh"):
        render("a.sh.j2", tmp_path, x="$(touch pwned)")


def test_templates_cannot_forget_to_escape(tmp_path: Path) -> None:
    (tmp_path / "Makefile.j2").write_text(
        "# {{ x | comment }}\nall:\n\t@echo a {{ x }} # {{ x }}\n"
    )
    (tmp_path / "Makefile").write_bytes(render("Makefile.j2", tmp_path, x=HOSTILE))
    made = subprocess.run(["make"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Makefile", "Makefile.j2"]


def test_code_of_ours_is_not_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.c.j2").write_text("{{ x }} {{ y }} {{ 'a*b' | code }}")
    assert render("a.c.j2", tmp_path, x=escape.code("a *b;"), y="a *b;") == b"a *b; a _b; a*b"
