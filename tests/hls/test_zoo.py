"""The zoo's networks as HLS projects: real images, every output bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.errors import DoesNotFit
from tinyrob.frozen.model import FrozenModel
from tinyrob.hls.boards import find_fpga_board
from tinyrob.hls.export import export_hls
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Overrides
from tinyrob.hls.schedule import plan
from tinyrob.hls.testvectors import clean
from tinyrob.project.build_folder import open_build
from tinyrob.validate.compare import validate
from tinyrob.validate.vectors import default

pytest.importorskip("hls4ml")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("digits-stq-jr", 1000), ("speech-stq-jr", 100)])
def test_csim_equals_the_reference_on_pynq_z2(
    name: str, count: int, tmp_path: Path, data_dir: Path
) -> None:
    model = load_model(name)
    vectors = clean(model, count, data_dir)
    assert "random" not in vectors.origin
    result = export_hls(model, find_fpga_board("pynq-z2"), "vitis", tmp_path / "p", vectors)
    assert (result.vectors, result.max_lsb, result.mismatches) == (count, 0, 0)
    assert result.first_divergence is None


@pytest.mark.slow
def test_one_matrix_holds_csim_beside_the_microcontroller(tmp_path: Path, data_dir: Path) -> None:
    on = ("keras", "tflm", "host", "qemu", "csim")
    build(load_model("cifar10-stq-jr"), "stm32", out=tmp_path / "b")
    folder = open_build(tmp_path / "b")
    result = validate(folder, default(folder.manifest, 5, data_dir), on)
    assert tuple(result.runners) == on
    assert {name: one.max_lsb for name, one in result.runners.items()} == dict.fromkeys(on, 0)
    assert result.exact


@pytest.mark.parametrize("name", ["digits-stq-jr", "cifar10-stq-jr", "svhn-stq-jr"])
def test_the_zoos_ternary_networks_fit_a_pynq_z2(name: str) -> None:
    board, frozen = find_fpga_board("pynq-z2"), load_model(name).frozen
    assert frozen is not None
    assert plan(to_hls(frozen), board).resources.share_of(board.budget) <= 1


def _untrained(name: str) -> FrozenModel:
    from tinyrob.freeze import freeze
    from tinyrob.models import recipe_file, topologies

    return freeze(topologies.build(recipe_file.load(name), (49, 10, 1), 8), name, {})


def test_the_speech_network_of_mlperf_tiny_fits_a_zcu102_and_not_a_pynq_z2() -> None:
    """Depthwise layers, 10 x 4 windows, and an average over 25 x 5 positions."""
    network = to_hls(_untrained("speech-dscnn"))
    assert plan(network, find_fpga_board("zcu102"), Overrides()).io_type == "io_stream"
    with pytest.raises(DoesNotFit, match=r"LUTs.*layer 'pool' alone"):
        plan(network, find_fpga_board("pynq-z2"), Overrides())
