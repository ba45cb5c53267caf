"""The zoo's networks as HLS projects: real images, every output bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.hls.boards import find_fpga_board
from tinyrob.hls.export import export_hls
from tinyrob.hls.testvectors import clean
from tinyrob.load import load_model

pytest.importorskip("hls4ml")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("digits-stq-jr", 1000), ("cifar10-stq-jr", 10)])
def test_csim_equals_the_reference_on_pynq_z2(
    name: str, count: int, tmp_path: Path, data_dir: Path
) -> None:
    model = load_model(name)
    vectors = clean(model, count, data_dir)
    assert "random" not in vectors.origin
    result = export_hls(model, find_fpga_board("pynq-z2"), "vitis", tmp_path / "p", vectors)
    assert (result.vectors, result.max_lsb, result.mismatches) == (count, 0, 0)
    assert result.first_divergence is None
