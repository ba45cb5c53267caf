"""Where templates, firmware sources and board files are: in a checkout or inside the wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tinyrob.errors import TinyrobError

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def root() -> Path:
    """The folder that holds ``templates``, ``firmware`` and ``boards``.

    An installed wheel carries them in ``tinyrob/_data``; an editable install finds the checkout.
    """
    for candidate in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        if all((candidate / name).is_dir() for name in ("templates", "firmware", "boards")):
            return candidate
    raise TinyrobError(
        f"tinyrob's templates, firmware and boards are not beside {_PACKAGE}",
        "the installation is incomplete: reinstall tinyrob",
    )


def templates() -> Path:
    """The folder of Jinja2 templates."""
    return root() / "templates"


def firmware() -> Path:
    """The folder of C sources."""
    return root() / "firmware"


def boards() -> Path:
    """The folder of board files, one TOML a board."""
    return root() / "boards"
