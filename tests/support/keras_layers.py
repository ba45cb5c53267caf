"""Small Keras models for tests, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyrob.tf import keras, qkeras


def bits(width: int, integer: int = 0, **options: Any) -> Any:
    """``quantized_bits(width, integer, 0, alpha=1)``."""
    return qkeras().quantized_bits(width, integer, **{"symmetric": 0, "alpha": 1, **options})


def relu(width: int, integer: int = 0, **options: Any) -> Any:
    """``quantized_relu(width, integer)``."""
    return qkeras().quantized_relu(width, integer, **options)


def act(quantizer: Any, name: str | None = None) -> Any:
    """A QActivation."""
    return qkeras().QActivation(quantizer, name=name)


def conv(filters: int = 2, size: Any = 1, **options: Any) -> Any:
    """A ternary QConv2D with auto_po2 scales."""
    quantizer = {"kernel_quantizer": qkeras().ternary(alpha="auto_po2")}
    return qkeras().QConv2D(filters, size, **{**quantizer, **options})


def dense(units: int = 2, **options: Any) -> Any:
    """A 4-bit QDense."""
    quantizer = {"kernel_quantizer": bits(4)}
    return qkeras().QDense(units, **{**quantizer, **options})


def model(*layers: Any, shape: tuple[int | None, ...] = (4, 4, 2), pixels: Any = None) -> Any:
    """The layers in a row, behind an input and its quantizer ``pixels`` (False: none)."""
    x = inputs = keras().Input(shape, name="image")
    if pixels is not False:
        x = act(pixels or bits(8), "pixels")(x)
    for layer in layers:
        x = layer(x)
    return keras().Model(inputs, x)


def layers() -> Any:
    """Keras' own layers."""
    return keras().layers


def logits() -> Any:
    """The QActivation ``logits``: 8 bits of step 1/8."""
    return act(bits(8, 4), "logits")


def flat(*behind: Any, **options: Any) -> Any:
    """``model`` with a Flatten in front."""
    return model(layers().Flatten(), *behind, **options)


def two(combine: Callable[[Any, Any], Any]) -> Any:
    """Two quantized branches of one input, combined."""
    inputs = keras().Input((4, 4, 2))
    x = act(bits(8), "pixels")(inputs)
    return keras().Model(inputs, combine(x, conv(name="c")(x)))
