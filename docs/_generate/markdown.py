"""Text and tables as Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def text(value: str) -> str:
    """Words that no Markdown or HTML is read out of, but for code in `backquotes`."""
    return "".join(
        f"`{part}`" if i % 2 else _escaped(part)
        for i, part in enumerate(value.split("`") if value.count("`") % 2 == 0 else [value])
    )


def prose(value: str) -> str:
    """A docstring: what stands in double backquotes is code, the rest is words."""
    return text(value.replace("``", "`"))


def _escaped(value: str) -> str:
    escaped = html.escape(value, quote=False)
    for mark in "\\`*_[]|":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [f"| {' | '.join(titles)} |", "|" + " --- |" * len(titles)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
