"""How a part's PLL makes a clock: dividers within its limits.

Limits are those of Lattice's data sheets (FPGA-DS-02012 for the ECP5, FPGA-DS-02008 for the iCE40),
as Project Trellis' ecppll and IceStorm's icepll search them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinyrob.boards.lattice import Family, LatticeBoard
from tinyrob.errors import BoardError


@dataclass(frozen=True)
class Pll:
    """``hz`` is the clock made. ``reference``, ``feedback`` and ``output`` divide the input, what
    is fed back and what the oscillator makes (of an iCE40 ``output`` is a power of two's exponent);
    ``filter`` is the iCE40's range."""

    hz: int
    reference: int
    feedback: int
    output: int
    filter: int = 0


def pll_for(board: LatticeBoard, hz: int) -> Pll | None:
    """The PLL that makes ``hz``, or the nearest clock below it; None where the oscillator is it.

    Raises BoardError for a clock that cannot be made to within 5 %.
    """
    if hz == board.input_hz:
        return None
    made = [pll for pll in _ALL[board.family](board.input_hz, hz) if pll.hz <= hz]
    best = max(made, key=lambda pll: (pll.hz, -pll.reference), default=None)
    if best is None or best.hz < 0.95 * hz:
        low, high = _RANGE[board.family]
        raise BoardError(
            f"{board.name}'s PLL cannot make {hz / 1e6:g} MHz of {board.input_hz / 1e6:g} MHz",
            (f"the nearest below it is {best.hz / 1e6:.4g} MHz; " if best else "")
            + f"it makes some of {low / 1e6:g} to {high / 1e6:g} MHz; the board file's clock is "
            f"{board.hz / 1e6:g} MHz",
        )
    return best


_RANGE: dict[Family, tuple[float, float]] = {"ecp5": (3.125e6, 400e6), "ice40": (16e6, 275e6)}


def _ecp5(source: int, hz: int) -> Iterator[Pll]:
    for reference in range(1, 129):
        if not 3.125e6 <= source / reference <= 400e6:
            continue
        feedback = hz * reference // source
        if not 1 <= feedback <= 80:
            continue
        made = source * feedback / reference
        if not 3.125e6 <= made <= 400e6:
            continue
        # The oscillator runs at 400 to 800 MHz: as near to its middle as can be.
        outputs = [n for n in range(1, 129) if 400e6 <= made * n <= 800e6]
        if outputs:
            output = min(outputs, key=lambda n: abs(made * n - 600e6))
            yield Pll(round(made), reference, feedback, output)


_FILTERS = (17e6, 26e6, 44e6, 66e6, 101e6)


def _ice40(source: int, hz: int) -> Iterator[Pll]:
    for reference in range(1, 17):
        phase = source / reference
        if not 10e6 <= phase <= 133e6:
            continue
        for output in range(1, 7):
            feedback = int(hz * (1 << output) // phase)
            if 1 <= feedback <= 128 and 533e6 <= phase * feedback <= 1066e6:
                made = round(phase * feedback / (1 << output))
                filter_range = 1 + sum(phase >= limit for limit in _FILTERS)
                yield Pll(made, reference, feedback, output, filter_range)


_ALL = {"ecp5": _ecp5, "ice40": _ice40}
