"""What the app ``mlperf`` must know of a network: which benchmark it is, and its number formats."""

from __future__ import annotations

from dataclasses import dataclass

from tinyrob.errors import UnsupportedModel

_BENCHMARKS: dict[tuple[int, ...], tuple[str, int]] = {
    # Input shape: the benchmark's name of its model, and what turns a loaded byte into an int8.
    # Images are loaded as pixels, speech features as the int8 values themselves.
    (32, 32, 3): ("ic01", 0x80),
    (96, 96, 3): ("vww01", 0x80),
    (49, 10, 1): ("kws01", 0),
}
_ANOMALY = 640


@dataclass(frozen=True)
class Mlperf:
    """``model`` as the runner names it ("tinyrob" for what is none of its benchmarks), ``flip``
    for the bits of a loaded byte, ``milli``: thousandths a step of the output, times 2^20."""

    model: str
    flip: int
    milli: int


def mlperf_of(shape: tuple[int, ...], output_scale: float) -> Mlperf:
    """By the input's shape (without batch axis). Raises UnsupportedModel for the anomaly detector,
    whose runner loads floats."""
    if _ANOMALY in shape and len([size for size in shape if size > 1]) == 1:
        raise UnsupportedModel(
            "the MLPerf Tiny runner loads float inputs into its anomaly detector (ad01)",
            "--app validate runs the network, with int8 inputs",
        )
    model, flip = _BENCHMARKS.get(shape, ("tinyrob", 0))
    return Mlperf(model, flip, round(output_scale * 1000 * (1 << 20)))
