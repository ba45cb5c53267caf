"""Types and rounding: what hardware computes must be the frozen model's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen.model import Dense, Grid
from tinyrob.hls.costs import legal_reuse_factors, terms
from tinyrob.hls.fixed import arithmetic_of, bits_of_range, dilated, type_of_grid


@pytest.mark.parametrize(
    ("grid", "written"),
    [
        (Grid(-7, -128, 127), "fixed<8,1,TRN,SAT>"),
        (Grid(-5, 0, 255), "ufixed<8,3,TRN,SAT>"),
        (Grid(-4, 0, 15), "ufixed<4,0,TRN,SAT>"),
        (Grid(0, -7, 7), "fixed<4,4,TRN,SAT_SYM>"),
    ],
)
def test_a_grid_is_the_type_of_its_values(grid: Grid, written: str) -> None:
    assert str(type_of_grid("x", grid)) == written


def test_a_range_that_no_cast_gives_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedModel, match=r"'act'.*\[0, 191\]"):
        type_of_grid("act", Grid(-4, 0, 191))


@given(st.integers(-(2**40), 2**40), st.integers(0, 2**40))
def test_the_narrowest_integer_holds_its_range_and_a_narrower_one_does_not(lo, size) -> None:
    hi = lo + size
    bits = bits_of_range(lo, hi)
    least, most = (0, 2**bits - 1) if lo >= 0 else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    assert least <= lo
    assert hi <= most
    if bits > 1:
        half = (0, most // 2) if lo >= 0 else (least // 2, most // 2)
        assert lo < half[0] or hi > half[1]


@given(st.integers(0, 2**32 - 1))
def test_truncating_with_half_a_step_in_the_bias_is_rounding_to_nearest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, out = Grid(-7, -128, 127), Grid(int(rng.integers(-7, -1)), -128, 127)
    kernel = rng.integers(-7, 8, (5, 3)).astype(np.int8)
    log2 = rng.integers(-4, 2, 3)
    coarser = source.log2_step + log2 < out.log2_step
    bias = 2 * rng.integers(-99, 99, 3) + coarser
    node = Dense("d", ("x",), out, kernel, log2, bias)
    x = rng.integers(-128, 128, 5)

    real = (x * 2.0**source.log2_step) @ (kernel * 2.0**log2)
    real += bias * 2.0 ** (source.log2_step + log2 - 1)
    hardware = arithmetic_of(node, source)
    total = (x @ hardware.kernel) << (source.log2_step + hardware.log2_kernel - hardware.log2_bias)
    total = total + hardware.bias
    assert (hardware.low <= total).all()
    assert (total <= hardware.high).all()
    truncated = np.floor(total * 2.0**hardware.log2_bias / out.step)
    assert np.array_equal(truncated, np.rint(real / out.step))


def test_a_dilated_kernel_is_written_out_with_its_zeros() -> None:
    kernel = np.arange(1, 5).reshape(2, 2, 1, 1)
    wide = dilated(kernel, (1, 2))[..., 0, 0]
    assert wide.tolist() == [[1, 0, 2], [3, 0, 4]]


def test_terms_are_the_digits_of_the_canonical_signed_form() -> None:
    assert terms(np.array([0, 1, -1, 4, 3, 7, 5, 11])) == 0 + 1 + 1 + 1 + 2 + 2 + 2 + 3


@pytest.mark.parametrize("shape", [(9, 16), (36, 10), (27, 8)])
def test_reuse_factors_are_those_that_hls4ml_takes(shape: tuple[int, int]) -> None:
    backend = pytest.importorskip("hls4ml.backends").get_backend("Vitis")
    assert legal_reuse_factors(*shape) == backend.get_valid_reuse_factors(*shape)
