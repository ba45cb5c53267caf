"""The verbs and their options, from click."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from _generate.markdown import table, text
from tinyrob.cli import VERBS, group

_TOP = """# Command line

Every verb has `--json` (one object on stdout, everything else on stderr) and exits 0 only on
success, 1 with `error:` and `hint:` on a mistake or a failed check, 2 on wrong usage.
`tinyrob VERB --help` prints what stands here.

"""


def page() -> str:
    """One section a verb."""
    root = click.Context(group, info_name="tinyrob")
    sections = []
    for name in VERBS:
        command = group.get_command(root, name)
        assert command is not None
        sections += list(_sections(command, click.Context(command, root, name), 2))
    return _TOP + "\n".join(sections)


def _sections(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"{'#' * level} {context.command_path}", "", f"```text\n{usage}\n```", ""]
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines += [text(" ".join(paragraph.split())), ""]
    rows = list(_options(command, context))
    if rows:
        lines.append(table(("option", "what"), rows))
    yield "\n".join(lines)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _sections(inner, click.Context(inner, context, name), level + 1)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option) and not parameter.hidden:
            yield f"`{record[0].replace('|', ' or ')}`", text(" ".join(record[1].split()))
