"""One function an output language: any text becomes part of a file in it, and nothing more.

Names come from strangers. Each function takes any text whatever and gives text that is a comment's,
a string's or an identifier's in its language and cannot end it: not by a newline, a quote, a
backslash or an expansion. What has no place is replaced by ``_``, so that figures and plain names
stay as they are. ``code`` marks text that a program of ours wrote in the language itself.

``for_file`` chooses by a file's name; templates are escaped by it without being asked
(emit/render.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape as _html
from pathlib import PurePosixPath

from tinyrob.files import names

Escape = Callable[[str], str]


class Code(str):
    """Text in the output's own language: our program wrote it, so it is not escaped."""

    __slots__ = ()


def code(text: object) -> Code:
    """Marks ``text`` as code. Only for what no file of a user has a say in."""
    return Code(str(text))


def c_comment(text: str) -> str:
    """For ``/* */``, ``//`` and strings of C and C++: no comment mark, trigraph, quote."""
    return re.sub(r"[^ -~]|[*?\\]", "_", text).replace('"', "'")


def c_identifier(text: str) -> str:
    """Part of an identifier in C, C++, Verilog and VHDL: letters, digits, single ``_`` inside.

    Never empty, never starting with a digit; a prefix keeps it from being a keyword.
    """
    word = re.sub(r"[^0-9a-zA-Z]+", "_", text)[:_LONGEST_WORD].strip("_")
    return f"n{word}" if not word or word[0].isdigit() else word


_LONGEST_WORD = 64


def make(text: str) -> str:
    """For a Makefile, recipes and thus the shell included: words that neither expands."""
    return re.sub(r"[^A-Za-z0-9_./:=@%+, -]", "_", text)


def make_comment(text: str) -> str:
    """For a comment line of a Makefile: printable ASCII that make does not expand or continue."""
    return re.sub(r"[^ -~]|[$\\#`]", "_", text)


def cmake(text: str) -> str:
    """For CMake's comments and quoted arguments."""
    return re.sub(r'[^ -~]|[$\\"#;@\[\]()<>]', "_", text)


def tcl(text: str) -> str:
    """For Tcl's comments and quoted words: nothing is substituted and no word ends."""
    return re.sub(r'[^ -~]|[$\\"\[\]{};]', "_", text)


def verilog(text: str) -> str:
    """For comments and strings of Verilog: no quote, no macro, no pragma of a tool.

    Tools read orders in comments (``// synthesis translate_off``): the templates put names into
    quotes, which no order starts with.
    """
    return re.sub(r"[^ -~]|[*\\`]|(?<=/)/", "_", text).replace('"', "'")


def json_string(text: str) -> str:
    """For the inside of a string of JSON or YAML, in ASCII."""
    return json.dumps(text)[1:-1]


def toml(text: str) -> str:
    """For the inside of a string of TOML, and for its comments: a name that is read back."""
    plain = names.visible(text)
    return json.dumps(plain, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def properties(text: str) -> str:
    """For the value of a line ``key=value``."""
    return re.sub(r"[^ -~]|\\", "_", text)


def markdown(text: str) -> str:
    """For Markdown: a heading's, a table's or a line of code's text, without markup or HTML."""
    plain = names.visible(text).replace("&", "&amp;").replace("<", "&lt;").replace("`", "'")
    return re.sub(r"([\\|\[\]])", r"\\\1", plain)


def html(text: str) -> str:
    """For HTML's text and quoted attributes."""
    return _html(names.visible(text, "\n\t"), quote=True)


def xml(text: str) -> str:
    """For an XML library that escapes markup itself: XML has no way to write control characters."""
    return names.visible(text, "\n\t")


def terminal(text: str) -> str:
    """For a terminal: no escape sequence, nothing that reverses or hides text. Lines stay."""
    return names.visible(text, "\n\t")


_BY_NAME: dict[str, Escape] = {"Makefile": make, "CMakeLists.txt": cmake}
_BY_SUFFIX: dict[str, Escape] = {
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".ino", ".ld"), c_comment),
    **dict.fromkeys((".v", ".sv"), verilog),
    ".tcl": tcl,
    **dict.fromkeys((".lpf", ".pcf"), tcl),
    ".mk": make,
    ".json": json_string,
    ".yml": json_string,
    ".properties": properties,
    ".toml": toml,
    ".md": markdown,
    ".html": html,
}


def for_file(name: str) -> Escape:
    """The function for the file ``name``. Raises LookupError for a language that has none."""
    path = PurePosixPath(name)
    found = _BY_NAME.get(path.name) or _BY_SUFFIX.get(path.suffix)
    if found is None:
        raise LookupError(f"no rule says how names are written into {path.name}")
    return found
