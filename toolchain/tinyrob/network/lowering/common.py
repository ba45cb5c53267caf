"""What lowering an operator gives, and what families share."""

from __future__ import annotations

from tinyrob.network import layers as net
from tinyrob.network.axes import broadcast
from tinyrob.network.view import View

Clamp = tuple[int, int]
Lowered = tuple[net.Spec, Clamp]


def pair(view: View) -> net.Broadcast:
    """How an operator's first two operands meet."""
    return broadcast(view.inputs[0].shape, view.inputs[1].shape, view.output.shape, view.where)
