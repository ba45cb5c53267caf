"""``build --without PASS``: what the tests of passes leave out, a user can leave out as well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.dead import planted
from support.firmware import need, small
from support.surgery import small_file
from tinyrob import passes
from tinyrob.build.look_up import look_up
from tinyrob.cli import main
from tinyrob.cli.build import command
from tinyrob.deployable import Deployable
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import open_build
from tinyrob.run.host import HostRunner
from tinyrob.tflm.measure import Options


def model() -> Deployable:
    graph = planted(small().graph, seed=5, share=0.5)
    return Deployable("half dead", graph, write_tflite(graph))


@pytest.mark.parametrize("name", passes.NAMES)
def test_a_pass_that_is_named_is_not_run(name: str, tmp_path: Path, monkeypatch) -> None:
    need("arm-none-eabi-gcc")
    ran: list[str] = []

    def told(rewrite):
        def call(*arguments):
            ran.append(rewrite.__name__)
            return rewrite(*arguments)

        call.__name__ = rewrite.__name__
        return call

    for kind in ("GRAPH_PASSES", "NETWORK_PASSES", "SLIM_PASSES", "KERNEL_PASSES"):
        monkeypatch.setattr(passes, kind, tuple(map(told, getattr(passes, kind))))
    for one in (passes.pack_weights, passes.share_kernels, passes.band_rows):
        monkeypatch.setattr(passes, one.__name__, told(one))
    job = look_up(
        model(), "stm32", "none", "native", "ram", Options(), tmp_path, None, True, None,
        without=(name,),
    )  # fmt: skip
    assert job.without == (name,)
    assert sorted({*ran, name}) == sorted(passes.NAMES)
    assert name not in ran


def test_passes_are_left_out_by_the_command_line(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make", "cc")
    source, out = tmp_path / "x.tflite", tmp_path / "out"
    source.write_bytes(model().tflite)
    left = ["--without", "slim", "--without", "fold_pads"]
    arguments = [str(source), "--target", "stm32", "--out", str(out), *left]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    folder = open_build(out)
    assert folder.manifest.without == ("fold_pads", "slim")
    assert folder.manifest.macs_removed == 0
    x = np.random.default_rng(1).integers(-128, 128, (3, *small().graph.tensors[0].sample_shape))
    expected = interpret(model().graph, x.astype(np.int8))
    with HostRunner(folder) as host:
        np.testing.assert_array_equal(host.run(x.astype(np.int8)).outputs, expected)


def test_a_pass_that_there_is_not_is_told(tmp_path: Path, capsys) -> None:
    source = tmp_path / "x.tflite"
    source.write_bytes(small_file())
    arguments = ["build", str(source), "--target", "stm32", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--without", "slimm"])
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert "error: there is no pass 'slimm'" in said
    assert "slim" in said.partition("hint:")[2]
    assert not (tmp_path / "out").exists()
