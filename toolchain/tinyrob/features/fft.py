"""A real Fourier transform in integers, of many frames at once.

Radix 2, decimation in time (Cooley and Tukey, 1965), on pairs of real samples as complex ones
(Sorensen et al., "Real-valued fast Fourier transform algorithms", 1987). Every stage halves, so no
sum can leave int32; shifts round towards minus infinity. ``docs/reference/features.md`` has the
proof.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.features.tables import bit_reversed, twiddles

Int64 = NDArray[np.int64]


def real_fft(x: Int64, bins: int) -> tuple[Int64, Int64]:
    """Bins 1 to ``bins`` - 1 of x / fft, as real and imaginary parts (bins - 1, N).

    ``x`` (fft, N) holds integers of at most 2**30 in size; fft is a power of two of at least 16,
    ``bins`` at most fft / 2.
    """
    points = len(x) // 2
    order = bit_reversed(points)
    re, im = x[0::2][order], x[1::2][order]
    _first_stages(re, im)
    factors = twiddles(2 * points).astype(np.int64)
    half = 4
    while half < points:
        step = points // half
        _stage(re, im, factors[: half * step : step, :, None])
        half *= 2
    return _split(re, im, factors, bins)


def _first_stages(re: Int64, im: Int64) -> None:
    """The two stages whose factors are 1 and -i, on groups of four."""
    for part in (re, im):
        part >>= 1
        a, b = part[0::2], part[1::2]
        a += b
        b *= -2
        b += a
    re >>= 1
    im >>= 1
    ar, ai, br, bi = (part[start::4] for start in (0, 2) for part in (re, im))
    _exchange(ar, br)
    _exchange(ai, bi)
    ar, ai, br, bi = (part[start::4] for start in (1, 3) for part in (re, im))
    turned, back = bi.copy(), br.copy()
    np.subtract(ar, turned, out=br)
    ar += turned
    np.add(ai, back, out=bi)
    ai -= back


def _exchange(a: Int64, b: Int64) -> None:
    """(a + b, a - b) in place."""
    a += b
    b *= -2
    b += a


def _stage(re: Int64, im: Int64, factors: Int64) -> None:
    """Butterflies a / 2 +- (w b) / 2; ``factors`` (half, 2, 1)."""
    half = len(factors)
    wr, wi = factors[:, 0], factors[:, 1]
    shape = (len(re) // (2 * half), 2, half, re.shape[1])
    pairs_re, pairs_im = re.reshape(shape), im.reshape(shape)
    ar, br, ai, bi = pairs_re[:, 0], pairs_re[:, 1], pairs_im[:, 0], pairs_im[:, 1]
    hr, other = wr * br, wi * bi
    hr -= other
    hr >>= 32
    hi = wr * bi
    np.multiply(wi, br, out=other)
    hi += other
    hi >>= 32
    ar >>= 1
    ai >>= 1
    np.subtract(ar, hr, out=br)
    np.subtract(ai, hi, out=bi)
    ar += hr
    ai += hi


def _split(re: Int64, im: Int64, factors: Int64, bins: int) -> tuple[Int64, Int64]:
    """From the transform of pairs to that of the real samples."""
    points = len(re)
    wr, wi = factors[1:bins, 0, None], factors[1:bins, 1, None]
    low, high = slice(1, bins), slice(points - 1, points - bins, -1)
    ar, ai, br, bi = re[low] >> 1, im[low] >> 1, re[high] >> 1, im[high] >> 1
    even_re, even_im, odd_re, odd_im = ar + br, ai - bi, ar - br, ai + bi
    even_re >>= 1
    even_im >>= 1
    even_re += (wi * odd_re + wr * odd_im) >> 32
    even_im += (wi * odd_im - wr * odd_re) >> 32
    return even_re, even_im
