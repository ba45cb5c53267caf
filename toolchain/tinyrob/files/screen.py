"""The terminal: text is shown as it is, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tinyrob.files.escape import terminal

if TYPE_CHECKING:
    from rich.console import Console


def console(**options: Any) -> Console:
    """A Rich console for which names are no markup, no emoji and no escape sequences.

    ``options`` are Rich's: ``stderr``, ``width``, ``file``.
    """
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        """Every string that is printed, a table's cells included, passes here."""

        def render_str(self, text: str, **rest: Any) -> Text:
            return super().render_str(terminal(text), **rest)

    return Plain(highlight=False, markup=False, emoji=False, **options)


def say(text: str, *, err: bool = False) -> None:
    """Prints a line, with nothing in it that a terminal would obey."""
    click.echo(terminal(text), err=err)
