"""Rules of pools."""

from __future__ import annotations

from tinyrob.ir.geometry import windows
from tinyrob.ir.graph import AveragePool2D, MaxPool2D
from tinyrob.ir.rules.common import Site

# As TFLite Micro tolerates it: converters round a pool's two scales separately.
_SCALE_TOLERANCE = 1e-6


def check_pool(site: Site) -> None:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    attributes = site.attributes
    assert isinstance(attributes, AveragePool2D | MaxPool2D)
    site.count(1, 1)
    source = site.activation()
    if len(source.shape) != 4:
        site.contradiction(f"its input {list(source.shape)} must have 4 axes")
    site.extents("strides", attributes.stride)
    site.extents("a window", attributes.window)
    place = windows(attributes, attributes.window, (source.shape[1], source.shape[2]))
    site.shape((source.shape[0], *place.outputs, source.shape[3]))
    mine, its = site.output.quantization, source.quantization
    assert mine is not None
    assert its is not None
    if mine.zero_point != its.zero_point or abs(mine.scale - its.scale) > _SCALE_TOLERANCE:
        site.same_quantization(source)
    site.fused(attributes.activation)
