"""Names in files of strangers: whatever text they are, made fit for one line of a screen.

A .tflite may call its tensors what it likes (slashes, colons, semicolons, any script), and such a
file is taken all the same: its names are made safe here, once, as they are read. Files of our own
and Keras' files hold no such names: there they are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 512
"""Characters of a name. TFLite joins the names of fused operators, which makes some hundreds."""
_CUT = "..."
# Control characters, what reverses or hides text, lone surrogates, line and paragraph separators.
_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def is_safe(name: str) -> bool:
    """Whether ``name`` may stand in a message and a file as it is: of one line and not too long."""
    return len(name) <= LONGEST and ((name.isascii() and name.isprintable()) or not _unsafe(name))


def safe(name: str) -> str:
    """``name`` with what is not text written out (``\\x1b``), cut where it is very long."""
    if is_safe(name):
        return name
    shown = visible(name[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else shown[: LONGEST - len(_CUT)] + _CUT


def visible(text: str, kept: str = "") -> str:
    """``text`` with every character that is not text written out, but for those of ``kept``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in kept or not _unsafe(c) else _written(c) for c in text)


def complaint(name: object) -> str | None:
    """What is wrong with a name of ours or of Keras', None where nothing is."""
    if not isinstance(name, str):
        return f"is a {type(name).__name__}, not a name"
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST:
        return f"has {len(name):,} characters, more than {LONGEST}"
    if _unsafe(name):
        return "holds control characters"
    return None


def wrong(names: Iterable[object]) -> str | None:
    """The first name that is not fit, and why; None where all are."""
    for name in names:
        why = complaint(name)
        if why is not None:
            return f"the name {safe(str(name))[:80]!r} {why}"
    return None


_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +-]*")


def is_file_name(name: str) -> bool:
    """Whether a file or folder of that name lies where it is put: no path, nothing hidden."""
    return len(name) <= 128 and _FILE.fullmatch(name) is not None


def _unsafe(text: str) -> bool:
    return any(unicodedata.category(c) in _UNSAFE for c in text)


def _written(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
