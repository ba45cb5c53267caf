"""What a build's manifest must look like, before anything of it is believed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from tinyrob.files.json_text import Form, check, number, one_of, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.names import is_file_name
from tinyrob.project.streaming import FORM as STREAM

_COUNT = whole(0, 1 << 53)
_MOST_VALUES = 1 << 31
_SIGNATURE: Form = {
    "shape": [whole(1, 1 << 24)],
    "scale": number(0.0, 1e38),
    "zero_point": whole(-(1 << 16), 1 << 16),
    "name?": str,
    "dtype?": one_of("int8", "uint8", "int16", "int32", "float32", "int64", "bool"),
    "inner?": one_of("int8", "int16", "int32"),
}
_REMOVED: Form = {
    "period": whole(1, 1 << 24),
    "constants": [[whole(-(1 << 24), 1 << 24)]],
    "unread": [whole(0, 1 << 24)],
}


def _hex(length: int) -> Any:
    pattern = re.compile(rf"[0-9a-f]{{{length}}}")

    def wrong(value: Any) -> str | None:
        fits = isinstance(value, str) and pattern.fullmatch(value)
        return None if fits else f"is not {length} hexadecimal digits"

    return wrong


def _symbol(value: Any) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", value)
    return None if fits else "is no name in C"


def _file(value: Any) -> str | None:
    fits = isinstance(value, str) and is_file_name(value)
    return None if fits else "is not the name of a file in the folder"


FORM: Form = {
    **dict.fromkeys(
        (
            "model",
            "target",
            "board",
            "runtime",
            "app",
            "isa",
            "stack_source",
            "compiler",
            "tinyrob",
        ),
        str,
    ),
    "version": whole(0, 1 << 31),
    "elf": _file,
    **dict.fromkeys(("macs", "flash_bytes", "ram_bytes"), _COUNT),
    "flash": dict.fromkeys(("code", "weights", "other"), _COUNT),
    "ram": dict.fromkeys(("arena", "static", "stack"), _COUNT),
    "layers": [
        {
            "name": str,
            "op": str,
            **dict.fromkeys(("macs", "weights_bytes", "ram_bytes"), _COUNT),
            "removed?": (_REMOVED, None),
            "part?": ([_COUNT], None),
        }
    ],
    "input": _SIGNATURE,
    "output": _SIGNATURE,
    "inputs?": [_SIGNATURE],
    "outputs?": [_SIGNATURE],
    "toolchain?": str,
    "c_name?": _symbol,
    "dataset": (str, None),
    "frozen": bool,
    "exact": bool,
    **dict.fromkeys(("digest", "model_digest", "elf_digest"), _hex(64)),
    "baud?": (whole(1, 1 << 31), None),
    "optimize?": (str, None),
    "slim?": bool,
    "without?": [str],
    "check?": one_of("boot", "watch"),
    "macs_removed?": _COUNT,
    "classes?": [str],
    "data?": ({str: object}, None),
    "features?": ({str: object}, None),
    "listen?": ({str: object}, None),
    "camera?": ({str: object}, None),
    "anomaly?": ({str: object}, None),
    "stream?": (STREAM, None),
    "weights?": one_of("flash", "ram"),
    "bands?": [
        {
            "first": str,
            "last": str,
            **dict.fromkeys(("layers", "calls", "whole_bytes"), _COUNT),
        }
    ],
}


def check_manifest(raw: Mapping[str, Any]) -> None:
    """Raises Damaged with what is wrong with a manifest of this version."""
    check(raw, FORM)
    for key in ("input", "output"):
        if math.prod(raw[key]["shape"]) > _MOST_VALUES:
            raise Damaged(f"{key}/shape has more than {_MOST_VALUES:,} values")
    for i, layer in enumerate(raw["layers"]):
        removed = layer.get("removed")
        if removed is not None and not _sound(removed):
            raise Damaged(f"layers/{i}/removed does not go together")
        if len(layer.get("part") or (0, 0)) != 2:
            raise Damaged(f"layers/{i}/part is no two numbers")


def _sound(removed: Mapping[str, Any]) -> bool:
    period, constants = removed["period"], removed["constants"]
    if any(len(pair) != 2 or not -128 <= pair[1] <= 127 for pair in constants):
        return False
    return all(0 <= place < period for place in [*(p for p, _ in constants), *removed["unread"]])
