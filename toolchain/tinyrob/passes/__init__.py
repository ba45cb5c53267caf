"""Rewrites that change no output bit: plain functions, in three literal tuples.

``GRAPH_PASSES`` map Graph to Graph, where the result is still a graph that TFLite could hold;
``NETWORK_PASSES`` map Network to Network, where it needs what only a layer has: any clamp, any
padding. ``SLIM_PASSES`` follow them, by what intervals prove; ``--no-slim`` leaves them out.
``KERNEL_PASSES`` split layers, and join them into what only some instruction sets have kernels
for: they are also told for which layers there is one. Last, ``pack_weights`` chooses between
kernels of plain and of packed weights, ``share_kernels`` gives small dense layers the code of
convolutions, and ``band_rows`` runs layers of large images a band of rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from tinyrob.ir.graph import Graph
from tinyrob.network.layers import Layer, Network
from tinyrob.passes.bands import band_rows
from tinyrob.passes.fold_clamps import fold_clamps
from tinyrob.passes.fold_pads import fold_pads
from tinyrob.passes.fuse_adds import fuse_adds
from tinyrob.passes.identities import drop_identities
from tinyrob.passes.pack_weights import OPTIMIZE, Optimize, pack_weights
from tinyrob.passes.rewrite import crop_kernels, single_channels, single_windows, turn_columns
from tinyrob.passes.settle import drop_clamps, settle_constants
from tinyrob.passes.share_kernels import share_kernels
from tinyrob.passes.slide import slide_rows
from tinyrob.passes.slim import slim
from tinyrob.passes.split_groups import split_groups
from tinyrob.passes.unused import drop_unused

__all__ = [
    "GRAPH_PASSES",
    "KERNEL_PASSES",
    "NAMES",
    "NETWORK_PASSES",
    "OPTIMIZE",
    "SLIM_PASSES",
    "Optimize",
    "band_rows",
    "fused",
    "lowered",
    "pack_weights",
    "share_kernels",
    "simplified",
]

GRAPH_PASSES: tuple[Callable[[Graph], Graph], ...] = (
    drop_identities,
    drop_unused,
)

NETWORK_PASSES: tuple[Callable[[Network], Network], ...] = (
    slide_rows,
    fold_clamps,
    fold_pads,
    crop_kernels,
    turn_columns,
    single_channels,
    single_windows,
)

SLIM_PASSES: tuple[Callable[[Network], Network], ...] = (
    slim,
    settle_constants,
    drop_clamps,
)

KERNEL_PASSES: tuple[Callable[[Network, Callable[[Layer], bool]], Network], ...] = (
    split_groups,
    fuse_adds,
)


NAMES: tuple[str, ...] = tuple(
    rewrite.__name__
    for rewrite in (
        *GRAPH_PASSES, *NETWORK_PASSES, *SLIM_PASSES, *KERNEL_PASSES, pack_weights, share_kernels,
        band_rows,
    )
)  # fmt: skip
"""What ``without`` below may hold: any pass can be left out, and any two, and the bits stay."""


def simplified(graph: Graph, without: Collection[str] = ()) -> Graph:
    """The graph after every graph pass."""
    for rewrite in GRAPH_PASSES:
        if rewrite.__name__ not in without:
            graph = rewrite(graph)
    return graph


def lowered(network: Network, slimmer: bool = True, without: Collection[str] = ()) -> Network:
    """The network after every network pass, and where it is to be ``slimmer`` every slim pass."""
    for rewrite in (*NETWORK_PASSES, *(SLIM_PASSES if slimmer else ())):
        if rewrite.__name__ not in without:
            network = rewrite(network)
    return network


def fused(
    network: Network, runs: Callable[[Layer], bool], without: Collection[str] = ()
) -> Network:
    """The network after every kernel pass; ``runs`` says whether a kernel takes a layer."""
    for rewrite in KERNEL_PASSES:
        if rewrite.__name__ not in without:
            network = rewrite(network, runs)
    return network
