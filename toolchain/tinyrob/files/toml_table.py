"""TOML, read strictly: each key is asked for by type, and keys nobody asked for are refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from tinyrob.errors import TinyrobError, did_you_mean
from tinyrob.files import names
from tinyrob.files.limits import DEPTH, TEXT_BYTES, Damaged, read_limited

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


OneOf = TypeVar("OneOf", bound=str)
_SHOWN = 80  # characters of a value in an error


_WORD = re.compile(r"[\w.+=:,-]+", re.ASCII)


class Table:
    """One table of a file. Every method raises the error class given, naming file and key."""

    def __init__(
        self, values: dict[str, Any], file: str, prefix: str, error: type[TinyrobError]
    ) -> None:
        self._values = values
        self._file = file
        self._prefix = prefix
        self._error = error
        self._asked: list[str] = []

    def wrong(self, key: str, why: str, hint: str = "") -> TinyrobError:
        """The error for a key of this table, to be raised by the caller."""
        return self._error(f"{self._file}: {self._prefix}{key}: {why}", hint.strip() or None)

    def keys(self) -> tuple[str, ...]:
        """The keys that are there, in the file's order."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether a key is there; it counts as asked for."""
        self._asked.append(key)
        return key in self._values

    def _get(
        self, key: str, kind: type | tuple[type, ...], called: str, default: Any = None
    ) -> Any:
        self._asked.append(key)
        if key not in self._values:
            if default is not None:
                return default
            raise self.wrong(key, "is missing")
        value = self._values[key]
        # bool is an int in Python, not in TOML.
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise self.wrong(key, f"must be {called}, is {shown(value)}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not empty."""
        value = self._get(key, str, "a string", default)
        if not value:
            raise self.wrong(key, "must not be empty")
        if not names.is_safe(value):
            raise self.wrong(key, f"{names.complaint(value)}: {shown(value)}")
        return str(value)

    def word(self, key: str) -> str:
        """A string that is one word to any tool: letters, digits and ``. _ + - = : ,``."""
        value = self.text(key)
        if not _WORD.fullmatch(value):
            raise self.wrong(key, f"must be one word of letters, digits and ._+-=:, is {value!r}")
        return value

    def choice(self, key: str, choices: Sequence[OneOf], default: OneOf | None = None) -> OneOf:
        """A string out of ``choices``, of their type."""
        value = self.text(key, default)
        for one in choices:
            if one == value:
                return one
        raise self.wrong(
            key, f"{value!r} is none of {', '.join(choices)}", did_you_mean(value, choices)
        )

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        return bool(self._get(key, bool, "true or false", default))

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """An integer or decimal in [low, high]."""
        value = self._get(key, (int, float), "a number", default)
        if not low <= value <= high:  # before it is a float: an integer may be too large for one
            raise self.wrong(key, f"must be in [{low:g}, {high:g}], is {shown(value)}")
        return float(value)

    def integer(
        self, key: str, low: int, high: int | None = None, default: int | None = None
    ) -> int:
        """An integer in [low, high]."""
        value = int(self._get(key, int, "an integer", default))
        if value < low or (high is not None and value > high):
            form = "#x" if high is not None and high >= 0xFFFF_FFFF else "d"  # addresses, masks
            limits = f"at least {low}" if high is None else f"in [{low:{form}}, {high:{form}}]"
            raise self.wrong(key, f"must be {limits}, is {shown(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self._get(key, list, "a list of strings")
        if not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"must be a list of strings, is {shown(value)}")
        if not all(map(names.is_safe, value)):
            raise self.wrong(key, f"holds control characters or a long string: {shown(value)}")
        return tuple(value)

    def is_list(self, key: str) -> bool:
        """Whether a key is there and holds a list; it counts as asked for."""
        return self.has(key) and isinstance(self._values[key], list)

    def is_text(self, key: str) -> bool:
        """Whether a key is there and holds a string; it counts as asked for."""
        return self.has(key) and isinstance(self._values[key], str)

    def is_table(self, key: str) -> bool:
        """Whether a key is there and holds a table; it counts as asked for."""
        return self.has(key) and isinstance(self._values[key], dict)

    def integers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """A list of integers in [low, high]."""
        value = self._get(key, list, "a list of integers")
        if not all(type(item) is int and low <= item <= high for item in value):
            raise self.wrong(
                key, f"must be a list of integers in [{low}, {high}], is {shown(value)}"
            )
        return tuple(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers that float64 holds."""
        value = self._get(key, list, "a list of numbers")
        if not all(type(item) in (int, float) and abs(item) <= 1e300 for item in value):
            raise self.wrong(key, f"must be a list of numbers, is {shown(value)}")
        return tuple(map(float, value))

    def items(self, key: str) -> tuple[str | int | float, ...]:
        """A list of strings and numbers."""
        value = self._get(key, list, "a list")
        if not all(type(item) in (str, int, float) for item in value):
            raise self.wrong(key, f"must be a list of strings and numbers, is {shown(value)}")
        return tuple(value)

    def table(self, key: str) -> Table:
        """A table inside."""
        value = self._get(key, dict, "a table")
        return Table(value, self._file, f"{self._prefix}{key}.", self._error)

    def plain(self) -> dict[str, Any]:
        """All values, as TOML gave them."""
        return deepcopy(self._values)

    def optional_table(self, key: str) -> Table | None:
        """A table inside, or None where there is none."""
        if key in self._values:
            return self.table(key)
        self._asked.append(key)
        return None

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables, at least one."""
        value = self._get(key, list, "a list of tables")
        if not value or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "must be a list of tables, at least one")
        return tuple(
            Table(item, self._file, f"{self._prefix}{key}[{index}].", self._error)
            for index, item in enumerate(value)
        )

    def done(self) -> None:
        """Raises for the first key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                hint = did_you_mean(key, self._asked) or "remove it"
                raise self.wrong(key, "unknown key", hint)


def read_toml(path: Path, error: type[TinyrobError]) -> Table:
    """A file's top table. Raises ``error`` where it cannot be read or is not TOML."""
    return Table(
        toml_values(read_text(path, path.name, error), path.name, error), path.name, "", error
    )


def parse_toml(text: str, name: str, error: type[TinyrobError]) -> Table:
    """The top table of ``text``; messages call it ``name``. Raises ``error``."""
    return Table(toml_values(text, name, error), name, "", error)


def read_text(path: Path, name: str, error: type[TinyrobError]) -> str:
    """A file's text. Raises ``error``, calling it ``name``, where it is none or too large."""
    try:
        return read_limited(path, TEXT_BYTES).decode("utf-8-sig")  # as Windows' editors save
    except OSError as problem:
        raise error(f"{name}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise error(f"{name}: is not UTF-8 text") from None
    except (Damaged, ValueError) as problem:  # ValueError: a name that no file can have
        raise error(f"{name}: {problem}") from None


def toml_values(text: str, name: str, error: type[TinyrobError]) -> dict[str, Any]:
    """The values in a TOML text; messages call it ``name``. Raises ``error``."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise error(f"{name}: is not TOML: {problem}") from None
    except ValueError:  # Python's own limit, whose message tells of Python's settings
        raise error(f"{name}: a number in it has thousands of digits") from None
    except RecursionError:
        raise error(f"{name}: is nested too deeply") from None
    if _depth(values) > DEPTH:
        raise error(f"{name}: is nested too deeply")
    return values


def _depth(top: Any) -> int:
    """How deep lists and tables lie within each other; more than DEPTH is not told apart."""
    level, depth = [top], 0
    while level and depth <= DEPTH:
        inner = [list(v.values()) if isinstance(v, dict) else v for v in level]
        level = [v for one in inner if isinstance(one, list) for v in one]
        depth += 1
    return depth


def shown(value: Any) -> str:
    """A value as an error shows it: in one short line."""
    try:
        text = repr(value)
    except ValueError:  # an integer, written in hexadecimal, with too many digits in decimal
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
