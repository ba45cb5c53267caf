"""Whether firmware fits a board; where not: what is over, by how much, which layer costs most."""

from __future__ import annotations

import dataclasses

from tinyrob.boards.board import Board, Region
from tinyrob.emit.c import CModel
from tinyrob.errors import DoesNotFit
from tinyrob.project.toolchains import overflowed

_GUARDS = 32
"""Bytes around the arena in RAM."""
_LESS_WEIGHTS = "fewer channels in that layer, or a smaller dense layer, or a part with more flash"
_LESS_RAM = (
    "--optimize ram where it is not given, a stride or a pool before that layer, fewer channels in "
    "it, or a part with more RAM"
)


def check_model(name: str, model: CModel, board: Board) -> None:
    """Raises DoesNotFit where weights or arena alone are too big, before anything is compiled."""
    weights, arena = board.region("weights"), board.region("arena")
    if model.weights_bytes > weights.bytes:
        raise _too_big(name, board, weights, model.weights_bytes, "for its weights alone", model)
    reserved = board.stack_bytes if "stack" in arena.holds else 0
    if model.arena_bytes + reserved > arena.bytes:
        why = f"for its arena of {model.arena_bytes:,}"
        why += f" and the stack of {reserved:,}" if reserved else ""
        raise _too_big(name, board, arena, model.arena_bytes + reserved, why, model)


def with_weights_in_ram(name: str, model: CModel, board: Board) -> Board:
    """The board, with the weights copied to where its data are before the network starts.

    Raises DoesNotFit, with the bytes that are missing, where they do not go beside the arena and
    the stack that are there.
    """
    data = board.region("data")
    arena = model.arena_bytes + _GUARDS if "arena" in data.holds else 0
    stack = board.stack_bytes if "stack" in data.holds else 0
    beside = [
        f"its arena of {arena:,}" if arena else "",
        f"the stack of {stack:,}" if stack else "",
    ]
    needed = model.weights_bytes + arena + stack
    if needed > data.bytes:
        told = " and ".join(filter(None, [f"its weights of {model.weights_bytes:,}", *beside]))
        raise DoesNotFit(
            f"{name} needs {needed:,} bytes of {data.name} on {board.name} for {told}; there are "
            f"{data.bytes:,}: {needed - data.bytes:,} are missing",
            "leave its weights in flash (--weights flash), or choose a part with more RAM",
        )
    return dataclasses.replace(board, weights_in_ram=True)


_BESIDE = 1024
"""Bytes that the arena's region keeps free for data where it holds them as well."""


def with_room(model: CModel, board: Board) -> Board:
    """The board, with the arena in a region that its file leaves empty where it does not fit into
    the one that is meant for it: the smallest that holds it. Boards that QEMU plays stay as they
    are, since it has not all of a part's memory."""
    arena = board.region("arena")
    others = set(arena.holds) - {"arena"}
    beside = (board.stack_bytes if "stack" in others else 0) + (_BESIDE if "data" in others else 0)
    if model.arena_bytes + _GUARDS + beside <= arena.bytes or board.emulator is not None:
        return board
    empty = [
        region for region in board.memory
        if not region.holds and "w" in region.access and region.bytes >= model.arena_bytes + _GUARDS
    ]  # fmt: skip
    if not empty:
        return board
    return board.with_arena_in(min(empty, key=lambda region: region.bytes).name)


def check_stack(name: str, bound: int, board: Board) -> None:
    """Raises DoesNotFit where the program may need more stack than the board file gives it."""
    if bound > board.stack_bytes:
        raise DoesNotFit(
            f"{name} may need {bound:,} bytes of stack on {board.name}, which has "
            f"{board.stack_bytes:,}: {bound - board.stack_bytes:,} too many",
            f"raise stack.bytes in the board file {board.name}.toml",
        )


def overflow(output: str, name: str, model: CModel, board: Board) -> DoesNotFit | None:
    """The error for a linker's message that a region overflowed, where it is one."""
    found = overflowed(output)
    if found is None:
        return None
    region = next(region for region in board.memory if region.name == found[0])
    return _too_big(name, board, region, region.bytes + found[1], "in all", model)


def _too_big(
    name: str, board: Board, region: Region, needed: int, why: str, model: CModel
) -> DoesNotFit:
    flash = "weights" in region.holds or "code" in region.holds
    costs: dict[str, int] = {}
    for layer in model.layers:
        cost = layer.weights_bytes if flash else layer.ram_bytes
        costs[layer.name] = max(costs.get(layer.name, 0), cost)
    largest = max(costs, key=lambda layer: costs[layer])
    return DoesNotFit(
        f"{name} needs {needed:,} bytes of {region.name} on {board.name} {why}; there are "
        f"{region.bytes:,}: {needed - region.bytes:,} too many. The largest layer is {largest!r} "
        f"with {costs[largest]:,}",
        f"try {_LESS_WEIGHTS if flash else _LESS_RAM}",
    )
