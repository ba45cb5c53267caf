"""How long the queues before a join must be, so that no path waits for another for ever.

Two paths fork from one stream and meet again. What has gone into one and not come out, has gone
into the other, too: so a queue is long enough that holds as much as the other path can. A path
holds the rows in its layers' rings and what is in their pipelines; here as parts of an image, since
strides change how many beats that is. A whole image is always enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tinyrob.frozen.model import Node


def depths(
    node: Node,
    nodes: Mapping[str, Node],
    held: Mapping[str, float],
    beats: Sequence[int],
) -> tuple[int, ...]:
    """Of the queues before ``node``'s operands, whose streams have ``beats`` an image.

    ``held``: the part of an image that each layer can hold, by name.
    """
    pasts = [_past(name, nodes) for name in node.inputs]
    fork = _fork(node, nodes, pasts)
    if fork is None:
        return tuple(beats)
    lags = [_longest(name, fork, nodes, held) for name in node.inputs]
    found = []
    for i, whole in enumerate(beats):
        lag = max(lag for j, lag in enumerate(lags) if j != i)
        found.append(min(whole, math.ceil(whole * lag) + 4))
    return tuple(found)


def _past(name: str, nodes: Mapping[str, Node]) -> set[str]:
    """``name`` and all that it is made from."""
    seen, left = set(), [name]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += nodes[one].inputs
    return seen


def _fork(node: Node, nodes: Mapping[str, Node], pasts: list[set[str]]) -> str | None:
    """The one stream that every path to ``node``'s operands comes from; None: there are more."""
    if len(pasts) < 2 or len(set(node.inputs)) < len(pasts):
        return None
    common = set.intersection(*pasts)
    doors = set()
    for name, past in zip(node.inputs, pasts, strict=True):
        if name in common:
            doors.add(name)
        for one in past - common:
            doors.update(source for source in nodes[one].inputs if source in common)
    own = [past - common for past in pasts]
    apart = sum(map(len, own)) == len(set.union(*own))
    return doors.pop() if len(doors) == 1 and apart else None


def _longest(name: str, fork: str, nodes: Mapping[str, Node], held: Mapping[str, float]) -> float:
    if name == fork:
        return 0.0
    return held[name] + max(_longest(one, fork, nodes, held) for one in nodes[name].inputs)
