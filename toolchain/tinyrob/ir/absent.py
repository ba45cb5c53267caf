"""Operators that tinyrob does not take, and what to do about each: most of them TFLite Micro does
not run either."""

from __future__ import annotations

from tinyrob.ir.raw import Foreign

_MICRO = frozenset((
    "DYNAMIC_UPDATE_SLICE", "IF", "WHILE",
))  # fmt: skip
"""What TFLite Micro runs and tinyrob does not."""
ON_FLOATS = frozenset(("EXP", "LOG", "SQRT", "L2_POOL_2D", "FLOOR_DIV", "FLOOR_MOD"))
"""What TFLite Micro computes of float32 only."""
_HINTS = {
    "TILE": "repeat by UpSampling1D, UpSampling2D or Concatenate instead of RepeatVector and tile",
    "GELU": "use relu, swish (HARD_SWISH) or leaky_relu instead of gelu",
    "EXP": "use relu, sigmoid or elu instead of exponential, softplus, mish and selu",
    "LOG": "use relu, sigmoid or elu instead of softplus and mish; log_softmax is taken",
    "SQRT": "scale by 1 / sqrt (RSQRT), as LayerNormalization does, or square instead",
    "SELECT": "broadcast one of the two values (SELECT_V2), or use relu, maximum or minimum",
    "CONV_3D": "use Conv2D over one axis after the other",
    "REDUCE_ANY": "leave Masking out: give sequences of one length",
    "TOPK_V2": "leave it out of the network: sort the outputs in your code",
    "WHILE": "give the recurrent layer unroll=True; an LSTM needs none",
    "IF": "convert without control flow",
}
_GENERAL = "replace it: firmware/kernels/README.md lists the operators that tinyrob takes"


def absent(kind: str) -> Foreign:
    """An operator that is not taken, with the reason and what to do."""
    hint = _HINTS.get(kind, _GENERAL)
    if kind in ON_FLOATS:
        return Foreign(kind, f"TFLite Micro computes {kind} in float32 only, not in int8", hint)
    if kind in _MICRO or not kind.replace("_", "").isalnum() or not kind.isupper():
        return Foreign(kind, "the operator is not supported", hint)
    return Foreign(kind, f"TFLite Micro has no {kind}", hint)
