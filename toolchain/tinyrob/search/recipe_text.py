"""Recipes as TOML text: a base recipe with some values changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(values: Mapping[str, Any]) -> str:
    """TOML of nested dicts, lists and scalars: plain keys first, one table for each inner dict."""
    lines: list[str] = []
    _table(values, (), lines)
    return "\n".join(lines).strip() + "\n"


def _table(values: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    plain = {k: v for k, v in values.items() if not isinstance(v, Mapping)}
    if path and (plain or not values):
        lines += ["", f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(k)} = {_value(v)}" for k, v in plain.items()]
    for key, inner in values.items():
        if isinstance(inner, Mapping):
            _table(inner, (*path, key), lines)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    assert isinstance(value, Mapping), f"no TOML for {value!r}"
    return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
