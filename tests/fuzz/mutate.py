"""Damages files: their bytes, and what is inside of archives, so that inner checks are met."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

_WORDS = (
    b"\xff", b"\x00", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"[" * 3000,
    b'{"a":' * 200, b"../", b"\x1b]0;x\x07", b"nan", b"1e999", b"-1", b"9" * 5000, b"\n", b"\"",
    b"PK\x03\x04", b"true", b"null", b"'", b"__import__('os')", "\u202e".encode(),
    b"0x" + b"f" * 99,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1 << 31, 1 << 63, 10**400, 0.5, 1e308, "", "\x1b[31m", "x" * 2000, [], {},
    [[]], "../../x", "nan", {"class_name": "Lambda"},
)  # fmt: skip


def mutated(data: bytes, draw: random.Random) -> bytes:
    """``data`` with some damage."""
    if data[:2] == b"PK" and draw.random() < 0.7:
        return _in_archive(data, draw)
    if data[:1] in b"{[" and draw.random() < 0.6:
        return in_json(data, draw)
    return _in_bytes(data, draw)


def _in_bytes(data: bytes, draw: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        at = draw.randrange(len(content) + 1)
        kind = draw.randrange(7)
        if kind == 0 and content:
            content[at % len(content)] ^= 1 << draw.randrange(8)
        elif kind == 1 and content:
            content[at % len(content)] = draw.randrange(256)
        elif kind == 2:
            content[at:at] = draw.choice(_WORDS)
        elif kind == 3:
            word = draw.choice(_WORDS)
            content[at : at + len(word)] = word
        elif kind == 4:
            del content[at : at + draw.choice((1, 4, 64))]
        elif kind == 5:
            other = draw.randrange(len(content) + 1)
            content[at:at] = content[other : other + draw.choice((1, 8, 100))]
        elif draw.random() < 0.3:
            del content[at:]
    return bytes(content)


def in_json(data: bytes, draw: random.Random) -> bytes:
    """A JSON text with other values in some places."""
    try:
        top = json.loads(data)
    except (ValueError, RecursionError):
        return _in_bytes(data, draw)
    for _ in range(draw.choice((1, 1, 2, 5))):
        places = list(_places(top))
        if not places:
            break
        holder, key = draw.choice(places)
        if draw.random() < 0.2:
            del holder[key]
        elif draw.random() < 0.2:
            other, place = draw.choice(places)
            if key in holder if isinstance(holder, dict) else key < len(holder):
                try:
                    holder[key] = json.loads(json.dumps(other[place]))
                except (KeyError, IndexError, ValueError):
                    continue
        else:
            holder[key] = copy.deepcopy(draw.choice(_VALUES))
    return json.dumps(top).encode()


def _places(top: Any) -> Any:
    waiting, count = [top], 0
    while waiting and count < 5000:
        item = waiting.pop()
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        for key, value in pairs:
            count += 1
            yield item, key
            if isinstance(value, dict | list):
                waiting.append(value)


def _in_archive(data: bytes, draw: random.Random) -> bytes:
    """One member damaged, the archive and our digest of it made whole again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return _in_bytes(data, draw)
    if not members:
        return _in_bytes(data, draw)
    name = draw.choice(sorted(members))
    members[name] = mutated(members[name], draw)
    if draw.random() < 0.1:
        del members[draw.choice(sorted(members))]
    if "sha256" in members:
        del members["sha256"]
        digest = hashlib.sha256()
        for key in sorted(members):
            digest.update(f"{key}\n{len(members[key])}\n".encode() + members[key])
        members["sha256"] = digest.hexdigest().encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", draw.choice((0, 8))) as archive:
        for key, content in members.items():
            archive.writestr(key, content)
    return buffer.getvalue()


def summed(change: Callable[[bytes, random.Random], bytes]) -> Any:
    """A mutator for files that end with the SHA-256 of the rest, which is made anew."""

    def both(data: bytes, draw: random.Random) -> bytes:
        body = change(data[:-32], draw)
        return body + hashlib.sha256(body).digest()

    return both
