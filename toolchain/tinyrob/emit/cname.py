"""What a network is called in C: every symbol, macro, guard and file of its begins with that."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinyrob.errors import BuildError
from tinyrob.files import escape

LONGEST = 40
FILES = ("", "_weights", "_values", "_check", "_kernels")
"""The stems of a network's or a library's files, behind its name."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = frozenset(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string
    strings tgmath threads time uchar wchar wctype unistd memory new main arduino
    tinyrob test all clean install package help""".split()  # noqa: SIM905
)
"""Headers that compilers have already, which NAME.h would hide, and targets of CMake's own."""


def c_name(text: str) -> str:
    """A network's name in C where its user has given none: lower case, never a header's name."""
    name = escape.c_identifier(text).lower()[:LONGEST].strip("_")
    return f"{name}_net" if name in _TAKEN or name.startswith("tr_") else name


def check_names(names: Sequence[str]) -> None:
    """Raises BuildError with every name that cannot begin a symbol, and with what meets another."""
    wrong = []
    for name in names:
        if not _NAME.fullmatch(name) or len(name) > LONGEST or "__" in name:
            wrong.append(
                f"{name!r} is no name of at most {LONGEST} letters, digits and single _, a letter "
                "first"
            )
        elif name.lower() in _TAKEN:
            wrong.append(f"{name!r} is what a compiler's or a build system's own is called")
    owners: dict[str, str] = {}
    for name in names:
        for end in FILES:
            other = owners.setdefault(f"{name.lower()}{end}", name)
            if end == "" and [n.lower() for n in names].count(name.lower()) > 1:
                message = f"two networks are called {name!r}"
                wrong += [] if message in wrong else [message]
            elif other != name and other.lower() != name.lower():
                wrong.append(f"{name!r} and {other!r} would have files of one name")
    if wrong:
        raise BuildError(
            "; ".join(wrong), "name the networks with --name, once for each, in their order"
        )
