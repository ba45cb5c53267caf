"""Freezes a QKeras model: the same network in integers, which every backend computes bit for bit.

By layer type, not by topology: the layers are visited in execution order and each type has one
function, in ``compute`` (layers that multiply) or ``rearrange`` (the others). A compute layer waits
for the activation quantizer behind it, which gives it its output grid (``settle``); the node bears
that activation's name, since its values are that layer's output. A layer type is added with a
function and a row in ``layers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from tinyrob.freeze.layers import INSTEAD, LAYERS
from tinyrob.freeze.probe import difference
from tinyrob.freeze.walk import Walk
from tinyrob.frozen.model import FrozenModel

__all__ = ["INSTEAD", "LAYERS", "freeze"]


def freeze(model: Any, name: str, metadata: Mapping[str, Any] | None = None) -> FrozenModel:
    """The integers of a Keras model of QKeras layers.

    Where the model leaves something open (an input or logits without a grid) or has what no
    power-of-two grid can hold (a batch normalization behind a convolution), it is rewritten:
    ``metadata["rewritten"]`` then says what became of which layer, and ``metadata["difference"]``
    how far the logits are from Keras', where that is not exact. ``metadata`` (JSON values) travels
    with the frozen model. The model itself is not changed. Raises FreezeError, naming every layer
    where the model breaks an exactness rule.
    """
    walk = Walk(model)
    logits = walk.run()
    more: dict[str, Any] = {}
    if walk.build.notes:
        more["rewritten"] = [list(note) for note in walk.build.notes]
    frozen = FrozenModel(name, tuple(walk.build.nodes), {**(metadata or {}), **more})
    if walk.build.differs:
        far = difference(frozen, logits(), frozen.input.shape)
        more["difference"] = asdict(far)
        frozen = replace(frozen, metadata={**frozen.metadata, **more})
    return frozen
