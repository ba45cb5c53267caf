"""Jinja2 templates to bytes; an undefined name or a mistake says which template and line.

What a template prints is escaped for the language of its file (``files.escape``), by the file's
name: no template can forget to. ``| code`` is for text that a program of ours wrote in that
language; in a Makefile ``| comment`` is for a line of comment, where more may stand.
"""

from __future__ import annotations

import traceback
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from tinyrob.errors import TinyrobError
from tinyrob.files import escape, resources


@cache
def _environment(folder: Path, language: escape.Escape) -> jinja2.Environment:
    def escaped(value: Any) -> str:
        return value if isinstance(value, escape.Code) else language(str(value))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        finalize=escaped,
    )
    environment.filters["code"] = escape.code
    environment.filters["comment"] = lambda text: escape.code(escape.make_comment(str(text)))
    return environment


def render(template: str, folder: Path | None = None, **context: Any) -> bytes:
    """``template`` (a path under ``folder``, by default templates/) filled in, as UTF-8.

    Raises TinyrobError that names template and line where the template is missing or wrong.
    """
    language = escape.for_file(template.removesuffix(".j2"))
    environment = _environment(folder or resources.templates(), language)
    try:
        return environment.get_template(template).render(**context).encode()
    except jinja2.TemplateSyntaxError as error:
        where = f"{error.name or template}, line {error.lineno}"
        raise TinyrobError(f"template {where}: {error.message}", "mend the template") from error
    except jinja2.TemplateNotFound as error:
        raise TinyrobError(
            f"template {error.name} is missing", "reinstall tinyrob, or restore the file"
        ) from error
    except jinja2.UndefinedError as error:
        raise TinyrobError(
            f"template {_where(error, template)}: {error.message}",
            "the template uses a name that its emitter does not pass",
        ) from error


def _where(error: BaseException, template: str) -> str:
    """The innermost template frame: Jinja2 rewrites tracebacks to template names and lines."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.name == "top-level template code" or frame.name.startswith(("block ", "macro")):
            return f"{frame.filename}, line {frame.lineno}"
        if Path(frame.filename).suffix == ".j2":
            return f"{frame.filename}, line {frame.lineno}"
    return template
