"""An upper bound of a firmware's stack, from GCC's call graph (-fcallgraph-info=su).

A call through a pointer may reach any function that nothing calls by name. Loops in the graph are
followed once: the firmware has no recursion, and calls through pointers make loops that do not
exist. An interrupt's frame and the fault handler come on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import BuildError

LIBRARY_CALL_BYTES = 64
"""Allowed for a C library or compiler support function, whose use GCC does not tell: the deepest
that firmware reaches, memmove and 64-bit division, take less."""
ASSEMBLY_BYTES = 112
"""Allowed for a function without a frame that calls nothing: kernels in assembly look so to GCC,
and take up to this (a test holds them to it)."""
EXCEPTION_FRAME_BYTES = 112
"""What a Cortex-M pushes at an exception: 26 words with the FPU's, and an alignment word."""

_NODE = re.compile(
    r'^node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \(([^)]+)\)', re.MULTILINE
)
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', re.MULTILINE)
_INDIRECT = "__indirect_call"


def stack_bound(call_graphs: Iterable[Path], entry: str, handlers: Iterable[str]) -> int:
    """Bytes of stack that ``entry`` can need, with the deepest of ``handlers`` on top.

    ``call_graphs`` are the .ci files of one program. Raises BuildError where a function's frame
    has no bound or the entry is not there.
    """
    graph = _read(call_graphs)
    handlers = tuple(handlers)
    if entry not in graph.frames:
        raise BuildError(f"the compiler's call graph has no {entry}", "build with GCC 10 or newer")
    called = {target for targets in graph.calls.values() for target in targets}
    pointed = {
        name for name in graph.frames if name not in called and name not in (entry, *handlers)
    }
    interrupts = (graph.depth(name, pointed) for name in handlers if name in graph.frames)
    return graph.depth(entry, pointed) + EXCEPTION_FRAME_BYTES + max(interrupts, default=0)


def stack_of_call(call_graphs: Iterable[Path], function: str) -> int:
    """Bytes of stack that a call of ``function`` needs, without what it calls through pointers and
    without interrupts. Raises BuildError as ``stack_bound`` does."""
    graph = _read(call_graphs)
    if function not in graph.frames:
        raise BuildError(
            f"the compiler's call graph has no {function}", "build with GCC 10 or newer"
        )
    return graph.depth(function, set())


@dataclass(frozen=True)
class _Graph:
    """Each function's frame in bytes, and what it calls."""

    frames: dict[str, int]
    calls: dict[str, set[str]]

    def depth(self, name: str, pointed: set[str], path: frozenset[str] = frozenset()) -> int:
        """Of a call of ``name``; one through a pointer may reach any of ``pointed``."""
        if name not in self.frames:
            return LIBRARY_CALL_BYTES
        targets = self.calls.get(name, set())
        if _INDIRECT in targets:
            targets = (targets - {_INDIRECT}) | pointed
        if not targets and self.frames[name] == 0:
            return ASSEMBLY_BYTES
        path |= {name}
        below = (self.depth(target, pointed, path) for target in targets if target not in path)
        return self.frames[name] + max(below, default=0)


def _read(call_graphs: Iterable[Path]) -> _Graph:
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for path in call_graphs:
        text = path.read_text()
        for name, size, kind in _NODE.findall(text):
            if kind == "dynamic":
                raise BuildError(f"the stack of {name} has no bound: it allocates as it runs")
            frames[name] = int(size)
        for source, target in _EDGE.findall(text):
            calls.setdefault(source, set()).add(target)
    return _Graph(frames, calls)
