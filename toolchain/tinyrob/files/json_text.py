"""JSON, read within limits: size, depth, count, and numbers that are numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tinyrob.files import names
from tinyrob.files.limits import DEPTH, TEXT_BYTES, VALUES, Damaged, read_limited


def parse_json(text: str | bytes, *, finite: bool = True) -> Any:
    """The value in a JSON text; texts in it are safe to show (``names.visible``).

    Raises Damaged for what is not JSON, too large, too deep, or holds a number beyond float64
    (with ``finite=False``, NaN and infinities are taken, as Python writes them).
    """
    if len(text) > TEXT_BYTES:
        raise Damaged(f"its JSON has {len(text):,} bytes, more than {TEXT_BYTES:,}")
    try:
        value = json.loads(text, parse_constant=_no_constant if finite else float)
    except RecursionError:
        raise Damaged(f"its JSON is nested more than {DEPTH} deep") from None
    except UnicodeDecodeError:
        raise Damaged("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Damaged(f"it is not JSON: {error}") from None
    except Damaged:
        raise
    except ValueError:  # Python's limit, whose message tells of Python's settings
        raise Damaged("a number in it has thousands of digits") from None
    return _checked(value, finite)


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises OSError, Damaged."""
    return parse_json(read_limited(path, TEXT_BYTES))


def _no_constant(name: str) -> Any:
    raise Damaged(f"it holds {name}, which is not JSON")


def _checked(top: Any, finite: bool) -> Any:
    """``top`` where it keeps the limits; its texts are made safe in place."""
    holder = [top]
    waiting: list[tuple[Any, Any, int]] = [(holder, 0, 0)]
    count = 0
    while waiting:
        place, key, depth = waiting.pop()
        value = place[key]
        count += 1
        if depth > DEPTH:
            raise Damaged(f"its JSON is nested more than {DEPTH} deep")
        if isinstance(value, str):
            place[key] = names.visible(value, "\n\t")
        elif finite and isinstance(value, float) and not math.isfinite(value):
            raise Damaged("a number in it is too large")
        elif isinstance(value, list):
            waiting += [(value, i, depth + 1) for i in range(len(value))]
        elif isinstance(value, dict):
            if not all(map(names.is_safe, value)):
                raise Damaged("a key in it holds control characters, or is very long")
            waiting += [(value, inner, depth + 1) for inner in value]
        if count + len(waiting) > VALUES:
            raise Damaged(f"its JSON holds more than {VALUES:,} values")
    return holder[0]


Form = Any
"""What a value must look like: a type, a tuple of forms (any of them), ``[form]`` for a list,
``{"key": form}`` for an object with these keys at least (``"key?"``: where it is there),
``{str: form}`` for any keys, or a function that says what is wrong (None: nothing)."""


def complaints(value: Any, form: Form, where: str = "") -> list[str]:
    """All that is wrong with ``value``, each by its place (``attacks/3/eps``)."""
    place = where or "it"
    if isinstance(form, tuple):
        tried = [complaints(value, one, where) for one in form]
        return [] if any(not found for found in tried) else min(tried, key=len)
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{place} is not a list"]
        found = [complaints(item, form[0], _at(where, i)) for i, item in enumerate(value)]
        return [one for several in found for one in several]
    if isinstance(form, Mapping):
        if not isinstance(value, dict):
            return [f"{place} is not an object"]
        if str in form:
            pairs = [(key, form[str]) for key in value]
        else:
            wanted = {key.rstrip("?"): inner for key, inner in form.items()}
            missing = [key for key in form if not key.endswith("?") and key not in value]
            if missing:
                return [f"{_at(where, key)} is missing" for key in missing]
            pairs = [(key, inner) for key, inner in wanted.items() if key in value]
        found = [complaints(value[key], inner, _at(where, key)) for key, inner in pairs]
        return [one for several in found for one in several]
    if isinstance(form, type) or form is None:
        return _of_type(value, form, place)
    wrong = form(value)
    return [] if wrong is None else [f"{place} {wrong}"]


def check(value: Any, form: Form) -> None:
    """Raises Damaged with all of ``complaints``."""
    found = complaints(value, form)
    if found:
        more = f"; and {len(found) - 5:,} more" if len(found) > 5 else ""
        raise Damaged("; ".join(found[:5]) + more)


def whole(low: int, high: int) -> Callable[[Any], str | None]:
    """A form: an integer in [low, high]."""

    def wrong(value: Any) -> str | None:
        fits = type(value) is int and low <= value <= high
        return None if fits else f"is not a whole number in [{low:,}, {high:,}]"

    return wrong


def number(low: float, high: float) -> Callable[[Any], str | None]:
    """A form: a number in [low, high]."""

    def wrong(value: Any) -> str | None:
        fits = type(value) in (int, float) and low <= value <= high
        return None if fits else f"is not a number in [{low:g}, {high:g}]"

    return wrong


def one_of(*choices: str) -> Callable[[Any], str | None]:
    """A form: one of these texts."""
    return lambda value: None if value in choices else f"is none of {', '.join(choices)}"


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _of_type(value: Any, form: type | None, place: str) -> list[str]:
    if form is None:
        return [] if value is None else [f"{place} is not null"]
    kinds = (int, float) if form is float else (form,)
    if type(value) in kinds or form is object:
        return []
    return [f"{place} is not {_WORDS.get(form, form.__name__)}"]


def _at(where: str, key: Any) -> str:
    return f"{where}/{key}" if where else str(key)
