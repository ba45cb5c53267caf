"""log1p in single precision as fdlibm computes it: newlib, and glibc before 2.41.

Its last bit decides some weights of filterbanks that microcontrollers compute for themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_f = np.float32
_LN2_HIGH, _LN2_LOW = _f(6.9313812256e-01), _f(9.0580006145e-06)
_POLYNOMIAL = [
    _f(x)
    for x in (
        6.6666668653e-01, 4.0000000596e-01, 2.8571429849e-01, 2.2222198546e-01, 1.8183572590e-01,
        1.5313838422e-01, 1.4798198640e-01,
    )
]  # fmt: skip
_SMALL = 0.41422
_HALF_OCTAVE = 0x3504F7


def log1pf(x: Any) -> Any:
    """Of a number in [2**-28, 2**53], as np.float32 (fdlibm's s_log1p.c, with floats)."""
    x, one, exponent, rest = _f(x), _f(1.0), 0, _f(0.0)
    f, mantissa = x, 1
    if x >= _f(_SMALL):
        u = _f(one + x)
        bits = int(u.view(np.uint32))
        exponent = (bits >> 23) - 127
        rest = _f(one - _f(u - x)) if exponent > 0 else _f(x - _f(u - one))
        rest = _f(rest / u)
        mantissa = bits & 0x7FFFFF
        if mantissa < _HALF_OCTAVE:
            u = np.uint32(mantissa | 0x3F800000).view(np.float32)
        else:
            exponent += 1
            u = np.uint32(mantissa | 0x3F000000).view(np.float32)
            mantissa = (0x800000 - mantissa) >> 2
        f = _f(u - one)
    half_square = _f(_f(_f(0.5) * f) * f)
    high, low = _f(_f(exponent) * _LN2_HIGH), _f(_f(_f(exponent) * _LN2_LOW) + rest)
    if mantissa == 0:
        if f == 0:
            return _f(high + low)
        r = _f(half_square * _f(one - _f(_f(2 / 3) * f)))
        return _f(high - _f(_f(r - low) - f))
    s = _f(f / _f(_f(2.0) + f))
    z = _f(s * s)
    r = _f(0.0)
    for factor in reversed(_POLYNOMIAL):
        r = _f(z * _f(factor + r))
    inner = _f(s * _f(half_square + r))
    if exponent == 0:
        return _f(f - _f(half_square - inner))
    return _f(high - _f(_f(half_square - _f(inner + low)) - f))
