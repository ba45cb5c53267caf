"""Text for C files: identifiers, comments, initializers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping

from tinyrob.files import escape
from tinyrob.kernels.descriptor import Array, Descriptor, Field

_LONGEST = 40
_LONGEST_COMMENT = 60
_GLUE = "\N{NO-BREAK SPACE}"


def identifiers(names: Iterable[str]) -> list[str]:
    """Part of a C identifier for each name, in order: lower case, all different, never empty.

    ``model/conv1/Relu;model/bn`` becomes ``conv1_relu``: TFLite joins the names of fused operators
    by semicolons, and converters put the model's name in front. Users add a prefix or a suffix, so
    that no keyword and no function of the C library is met.
    """
    taken: set[str] = set()
    result = []
    for name in names:
        parts = name.split(";")[0].split("/")
        text = "_".join(parts[1:] if len(parts) > 2 else parts)
        base = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST].strip("_")
        if not base or base[0].isdigit():
            base = f"n{base}"
        candidate, count = base, 1
        while candidate in taken:
            count += 1
            candidate = f"{base}_{count}"
        taken.add(candidate)
        result.append(candidate)
    return result


def string(text: str) -> str:
    """A string literal of C; UTF-8 as octal escapes, which no digit behind them can lengthen."""
    return (
        '"'
        + "".join(
            chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
            for byte in text.encode("utf-8", "replace")
        )
        + '"'
    )


def comment(text: str) -> str:
    """A name for a comment, short and never empty: .tflite files hold some of hundreds of letters.

    What may not stand in a comment is escaped here already, before the template does it.
    """
    safe = escape.c_comment(text).strip() or "unnamed"
    return safe if len(safe) <= _LONGEST_COMMENT else safe[: _LONGEST_COMMENT - 3] + "..."


def shape(dimensions: tuple[int, ...]) -> str:
    """(1, 32, 32, 3) as 32x32x3; the batch axis only where it is not 1."""
    shown = dimensions[1:] if len(dimensions) > 1 and dimensions[0] == 1 else dimensions
    return "x".join(str(n) for n in shown) or "1"


def integer(value: int) -> str:
    """A literal of type int; INT32_MIN has none."""
    return "INT32_MIN" if value == -(2**31) else str(value)


def rows(array: Array) -> list[str]:
    """An array's values in lines of at most 100 columns, all the columns of one width."""
    texts = [integer(int(value)) for value in array.data.reshape(-1)]
    width = max(map(len, texts))
    per_row = max(1, (100 - 4) // (width + 2))
    per_row = 16 if per_row >= 16 else 8 if per_row >= 8 else per_row
    return [
        ", ".join(text.rjust(width) for text in texts[i : i + per_row]) + ","
        for i in range(0, len(texts), per_row)
    ]


def initializer(descriptor: Descriptor, symbols: Mapping[Array, str]) -> list[str]:
    """The lines between the braces of a descriptor, for arrays of these names."""
    lines: list[str] = []
    for name, field in descriptor.fields.items():
        lines += textwrap.wrap(
            f".{name} = {_value(field, symbols)},",
            width=96,
            subsequent_indent=" " * (len(name) + 5),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return [line.replace(_GLUE, " ") for line in lines]


def array_name(model: str, owner: str, field: str) -> str:
    """The symbol of a layer's array."""
    return f"{model}_{owner}_{field}"


def _value(value: Field, symbols: Mapping[Array, str]) -> str:
    if isinstance(value, Array):
        return symbols[value]
    if isinstance(value, Mapping):
        # A field stays on one line with its value: no-break spaces until the lines are wrapped.
        inner = ", ".join(f".{k}{_GLUE}={_GLUE}{_value(v, symbols)}" for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, tuple):
        return "{" + ", ".join(integer(v) for v in value) + "}"
    return integer(value)
