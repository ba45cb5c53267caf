"""A convolution in groups by an instruction set's kernel for convolutions: one call a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.network import layers as net


@dataclass(frozen=True)
class ByGroups:
    """CONV_2D_GROUPED: what the kernel table asks.

    ``struct`` is the descriptor's C type, ``advance`` its field of how many elements of the
    convolution's ``constants`` a group has, ``width`` the bytes of a value; the rest are the
    convolutions' own entries.
    """

    struct: str
    advance: str
    constants: str
    convolution: Callable[[net.Layer], Descriptor]
    takes: Callable[[net.Layer], bool]
    scratch_of: Callable[[net.Layer], int]
    width: int = 1

    def accepts(self, layer: net.Layer) -> bool:
        """The kernel takes each group, and is told the same of all but their constants."""
        each = _layers(layer)
        if not all(map(self.takes, each)):
            return False
        first, *others = (_told(self.convolution(one).fields) for one in each)
        return all(other == first for other in others)

    def scratch(self, layer: net.Layer) -> int:
        """The convolution's, then a group's inputs, then its outputs."""
        one = _groups(layer)[0]
        return self._made_at(layer) + self.width * _outputs(one)

    def describe(self, layer: net.Layer) -> Descriptor:
        """The descriptor: the first group's convolution, with the constants of all."""
        groups = _groups(layer)
        fields = [self.convolution(one).fields for one in _layers(layer)]
        own = fields[0][self.constants]
        assert isinstance(own, Array)
        places: dict[str, Field] = {
            "count": len(groups),
            "in_c": self.width * groups[0].in_c,
            "out_c": self.width * groups[0].out_c,
            "given": self._given_at(layer),
            "made": self._made_at(layer),
        }
        return Descriptor(
            self.struct, {"groups": places, self.advance: own.data.size, "conv": _joined([*fields])}
        )

    def _given_at(self, layer: net.Layer) -> int:
        return -(-max(map(self.scratch_of, _layers(layer))) // 4) * 4

    def _made_at(self, layer: net.Layer) -> int:
        given = self.width * _inputs(_groups(layer)[0])
        return self._given_at(layer) + -(-given // 4) * 4


def _groups(layer: net.Layer) -> tuple[net.Conv, ...]:
    assert isinstance(layer.spec, net.ConvGroups)
    return layer.spec.groups


def _layers(layer: net.Layer) -> list[net.Layer]:
    return [replace(layer, spec=group) for group in _groups(layer)]


def _inputs(spec: net.Conv) -> int:
    return spec.batches * spec.window.in_h * spec.window.in_w * spec.in_c


def _outputs(spec: net.Conv) -> int:
    return spec.batches * spec.window.out_h * spec.window.out_w * spec.out_c


def _told(value: Field) -> Field:
    """Of constants their sizes."""
    if isinstance(value, Mapping):
        return {name: _told(one) for name, one in value.items()}
    return value.data.size if isinstance(value, Array) else value


def _joined(values: list[Field]) -> Field:
    """Constants one behind the other; all else is the first's."""
    first = values[0]
    if isinstance(first, Mapping):
        each = [value for value in values if isinstance(value, Mapping)]
        return {name: _joined([one[name] for one in each]) for name in first}
    arrays = [value for value in values if isinstance(value, Array)]
    if len(arrays) < len(values):
        return first
    return Array(arrays[0].ctype, np.concatenate([a.data.reshape(-1) for a in arrays]))
