"""kissfft's real transform in 16 bits (Borgerding, kissfft 1.3, FIXED_POINT 16), bit for bit.

Radix 4 and 2; every stage divides by its radix, every product is rounded to nearest. Sums wrap.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
ONE = 32767


@cache
def radices(points: int) -> tuple[int, ...]:
    """Of a transform of so many complex points (a power of two), the outermost first."""
    fours, two = divmod(points.bit_length() - 1, 2)
    return (4,) * fours + (2,) * two


@cache
def order(points: int) -> NDArray[np.uint16]:
    """(points,): which input goes to each place before the first stage."""
    made = np.zeros(points, np.int64)
    for place in range(points):
        rest, size, index, stride = place, points, 0, 1
        for radix in radices(points):
            size //= radix
            index += (rest // size) * stride
            rest %= size
            stride *= radix
        made[place] = index
    return made.astype(np.uint16)


@cache
def twiddles(points: int) -> Int64:
    """(points, 2) in Q15: cos and -sin."""
    angles = -2.0 * np.pi * np.arange(points) / points
    return np.floor(0.5 + ONE * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.int64)


@cache
def super_twiddles(points: int) -> Int64:
    """(points / 2, 2) in Q15: of the split into a real transform."""
    angles = -np.pi * ((np.arange(points // 2) + 1.0) / points + 0.5)
    return np.floor(0.5 + ONE * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.int64)


def _wrapped(x: Int64) -> Int64:
    return x.astype(np.int16).astype(np.int64)


def _divided(x: Int64, by: int) -> Int64:
    return (x * (ONE // by) + (1 << 14)) >> 15


def _product(re: Int64, im: Int64, wr: Int64, wi: Int64) -> tuple[Int64, Int64]:
    half = 1 << 14
    return _wrapped((re * wr - im * wi + half) >> 15), _wrapped((re * wi + im * wr + half) >> 15)


def real_fft(x: Int64) -> tuple[Int64, Int64]:
    """Bins 0 to fft / 2 - 1 (fft / 2, N) of int16 values ``x`` (fft, N)."""
    points = len(x) // 2
    places = order(points)
    re, im = x[0::2][places], x[1::2][places]
    size = 1
    for radix in reversed(radices(points)):
        re, im = _stage(re, im, radix, size, points)
        size *= radix
    return _split(re, im)


def _stage(re: Int64, im: Int64, radix: int, size: int, points: int) -> tuple[Int64, Int64]:
    shape = (points // (radix * size), radix, size, re.shape[1])
    a, b = _divided(re.reshape(shape), radix), _divided(im.reshape(shape), radix)
    factors = twiddles(points)
    stride = points // (radix * size)
    turned = [(a[:, 0], b[:, 0])]
    for q in range(1, radix):
        w = factors[np.arange(size) * stride * q]
        turned.append(_product(a[:, q], b[:, q], w[:, 0, None], w[:, 1, None]))
    if radix == 2:
        (ar, ai), (tr, ti) = turned
        out_re, out_im = [ar + tr, ar - tr], [ai + ti, ai - ti]
    else:
        (fr, fi), (r0, i0), (r1, i1), (r2, i2) = turned
        s5r, s5i = _wrapped(fr - r1), _wrapped(fi - i1)
        fr, fi = _wrapped(fr + r1), _wrapped(fi + i1)
        s3r, s3i = _wrapped(r0 + r2), _wrapped(i0 + i2)
        s4r, s4i = _wrapped(r0 - r2), _wrapped(i0 - i2)
        out_re = [fr + s3r, s5r + s4i, fr - s3r, s5r - s4i]
        out_im = [fi + s3i, s5i - s4r, fi - s3i, s5i + s4r]
    made_re, made_im = np.stack(out_re, 1), np.stack(out_im, 1)
    return _wrapped(made_re.reshape(re.shape)), _wrapped(made_im.reshape(re.shape))


def _split(re: Int64, im: Int64) -> tuple[Int64, Int64]:
    points = len(re)
    k = np.arange(1, points // 2 + 1)
    fr, fi = _divided(re[k], 2), _divided(im[k], 2)
    gr, gi = _divided(re[points - k], 2), _divided(_wrapped(-im[points - k]), 2)
    ar, ai = _wrapped(fr + gr), _wrapped(fi + gi)
    w = super_twiddles(points)
    tr, ti = _product(_wrapped(fr - gr), _wrapped(fi - gi), w[:, 0, None], w[:, 1, None])
    made_re, made_im = np.zeros_like(re), np.zeros_like(im)
    made_re[0] = _wrapped(_divided(re[0], 2) + _divided(im[0], 2))
    # In the middle k and points - k are one bin, and the second value stays.
    made_re[k], made_im[k] = (ar + tr) >> 1, (ai + ti) >> 1
    made_re[points - k], made_im[points - k] = (ar - tr) >> 1, (ti - ai) >> 1
    return made_re, made_im
