"""Rules of operators that work along the last axis."""

from __future__ import annotations

from tinyrob.ir.graph import Tensor
from tinyrob.ir.logarithm import LEAST_SCALE
from tinyrob.ir.rules.common import Site

_MAX_SQUARES = 2**31 // 255**2
_MAX_CLASSES = 4095


def _source(site: Site) -> Tensor:
    site.count(1, 1)
    source = site.activation()
    site.shape(source.shape)
    return source


def _on(site: Site, scale: float, zero_point: int) -> None:
    grid = site.output.quantization
    assert grid is not None
    if (grid.scale, grid.zero_point) != (scale, zero_point):
        site.refuse(
            f"its output has scale {grid.scale} and zero point {grid.zero_point}",
            f"TFLite's int8 {site.op.kind} has scale {scale} and zero point {zero_point}",
        )


def check_l2_normalization(site: Site) -> None:
    """L2_NORMALIZATION."""
    source = _source(site)
    _on(site, 1 / 128, 0)
    if not source.shape or source.shape[-1] > _MAX_SQUARES:
        site.refuse(
            f"its input {list(source.shape)} is not of 1 to {_MAX_SQUARES} values a row",
            "the sum of more squares overflows 32 bits: normalize fewer",
        )


def check_log_softmax(site: Site) -> None:
    """LOG_SOFTMAX."""
    source = _source(site)
    _on(site, 1 / 16, 127)
    if not source.shape or source.shape[-1] > _MAX_CLASSES:
        site.refuse(
            f"its input {list(source.shape)} is not of 1 to {_MAX_CLASSES} classes",
            "TFLite Micro's int8 softmax takes no more; leave it out",
        )
    assert source.quantization is not None
    if source.quantization.scale < LEAST_SCALE:
        site.refuse(f"its input has the scale {source.quantization.scale}", "quantize coarser")
