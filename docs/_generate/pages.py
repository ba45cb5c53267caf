"""The generated pages by their place in the site. To add one: a line here, and one in the nav."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from _generate import boards, command_line, errors, operators, recipe_keys, timing, zoo

PAGES: dict[str, Callable[[], str]] = {
    "reference/command-line.md": command_line.page,
    "reference/recipe.md": recipe_keys.page,
    "reference/boards.md": boards.page,
    "reference/operators.md": operators.page,
    "reference/timing.md": timing.page,
    "reference/errors.md": errors.page,
    "zoo/index.md": zoo.page,
}

FILES: dict[str, Callable[[], str]] = {
    f"zoo/{name}.html": partial(zoo.html, name) for name in zoo.NETWORKS
}
"""Files that are no pages of the site's theme, by their place."""
