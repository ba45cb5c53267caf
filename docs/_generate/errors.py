"""The errors, from their classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from _generate.markdown import prose
from tinyrob.errors import TinyrobError

_INTRO = """# Errors

Everything that tinyrob raises on purpose is one of these. Each has a `message` (what is wrong and
where) and a `hint` (what to try next); the command line prints both and exits with 1. Any other
exception is a bug of ours: please [report it](https://github.com/tinyrob/tinyrob/issues), as we ask
for messages that are hard to understand.

```python
from tinyrob.errors import RecipeError
from tinyrob.models import recipe_file

try:
    recipe_file.load("digits")
except RecipeError as error:
    print(error.message, "|", error.hint)
```

"""


def page() -> str:
    """One section a class, in the order of the tree."""
    return _INTRO + "\n".join(_sections(TinyrobError, 2))


def _sections(cls: type[Exception], level: int) -> Iterator[str]:
    doc = prose(inspect.cleandoc(cls.__doc__ or ""))
    above = cls.__mro__[1]
    of = f" A `{above.__name__}`." if above is not Exception else ""
    yield f"{'#' * level} {cls.__name__}\n\n{doc}{of}\n"
    for inner in cls.__subclasses__():
        if inner.__module__ == cls.__module__:
            yield from _sections(inner, min(level + 1, 3))
