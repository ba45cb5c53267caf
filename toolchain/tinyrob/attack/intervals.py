"""How sure a share of a few hundred examples is."""

from __future__ import annotations

import math

Z95 = 1.959963984540054


def wilson(successes: float, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for a proportion (Wilson 1927), 95 % unless ``z`` says otherwise.

    Raises ValueError where ``successes`` is not within 0..``total`` or there is nothing to count.
    """
    if total < 1 or not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is no proportion")
    share = successes / total
    scale = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    return low, 1.0 if successes == total else min(1.0, middle + half)
