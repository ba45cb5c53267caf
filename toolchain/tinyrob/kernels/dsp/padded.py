"""Convolutions whose image is laid out with its padding first: which, and in how much scratch."""

from __future__ import annotations

from tinyrob.kernels.dsp import describe
from tinyrob.kernels.portable.describe import spec_of
from tinyrob.network import layers as net

_MOST = 640
"""Bytes that may be laid out: networks of such images have the room."""
_WINDOW = 170
"""Instructions, about, to copy a window that cannot be read where it is."""
_ROW, _COLUMN, _BYTE = 80, 35, 2
"""Those to lay out a row, a column of a dilated window, a byte."""


def accepts(layer: net.Layer) -> bool:
    """What tr_conv2d_dsp_s8 takes, of small images, where copying windows costs more."""
    w = spec_of(layer, net.Conv).window
    height, width = _size(w)
    size = height * width * spec_of(layer, net.Conv).in_c
    if not (w.padded or _dilated(w)) or size > _MOST or not describe.conv2d_accepts(layer):
        return False
    laid_out = height * _ROW + size * _BYTE + (height * width * _COLUMN if _dilated(w) else 0)
    return 5 * laid_out < 4 * _WINDOW * _copied(w)


def scratch(layer: net.Layer) -> int:
    """The image with its padding, then the convolution's."""
    spec = spec_of(layer, net.Conv)
    height, width = _size(spec.window)
    return -(-height * width * spec.in_c // 4) * 4 + describe.conv2d_shared_scratch(layer)


def _dilated(w: net.Window) -> bool:
    return w.dilation_w > 1 and w.kernel_w > 1


def _size(w: net.Window) -> tuple[int, int]:
    """Rows and columns that are laid out."""
    height = (w.out_h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1
    if w.dilation_w > 1:
        return height, w.out_w * w.kernel_w
    return height, (w.out_w - 1) * w.stride_w + w.kernel_w


def _copied(w: net.Window) -> int:
    """Windows that tr_conv2d_dsp_s8 would copy: dilated ones, and those not all in the image."""
    if _dilated(w):
        return w.out_h * w.out_w

    def inside(size: int, pad: int, reach: int, stride: int, out: int) -> int:
        return sum(0 <= i * stride - pad <= size - reach for i in range(out))

    rows = inside(w.in_h, w.pad_top, (w.kernel_h - 1) * w.dilation_h + 1, w.stride_h, w.out_h)
    columns = inside(w.in_w, w.pad_left, w.kernel_w, w.stride_w, w.out_w)
    return w.out_h * w.out_w - rows * columns
