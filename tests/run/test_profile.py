"""Per-layer costs: they sum to the inference, and what counts nothing says so."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from support.firmware import built, need
from tinyrob.errors import RunnerError
from tinyrob.run.profile import LayerProfile, profile, render
from tinyrob.runners import open_runner


def test_layers_sum_to_the_inference() -> None:
    need("qemu-system-arm")
    folder = built()
    one = np.zeros((1, *folder.manifest.input.shape), np.int8)
    with open_runner("qemu", folder) as runner:
        layers = profile(folder, runner, one[0])
        again = profile(folder, runner, one[0])
        total = runner.run(one).instructions
    assert layers == again
    assert [layer.name for layer in layers] == [layer.name for layer in folder.manifest.layers]
    assert all(layer.instructions > 0 for layer in layers)
    assert total is not None
    # Watching costs a call a layer.
    assert abs(sum(layer.instructions for layer in layers) - total) <= 40 * len(layers)


def test_json_has_each_layer(tmp_path) -> None:
    need("qemu-system-arm")
    folder = built()
    inputs = tmp_path / "one.npy"
    np.save(inputs, np.zeros((1, *folder.manifest.input.shape), np.int8))
    line = f"run {folder.path} --on qemu --input {inputs} --profile --json"
    command = [sys.executable, "-m", "tinyrob", *line.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    layers = json.loads(done.stdout)["layers"]
    assert [layer["name"] for layer in layers] == [layer.name for layer in folder.manifest.layers]
    assert layers[0].keys() == {
        "name", "op", "instructions", "macs", "instructions_per_mac", "weights_bytes", "ram_bytes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "message"), [("host", "counts no instructions"), ("tflm", "runs no firmware")]
)
def test_what_counts_nothing_is_refused(name: str, message: str) -> None:
    need("gcc")
    folder = built()
    one = np.zeros(folder.manifest.input.shape, np.int8)
    with open_runner(name, folder) as runner, pytest.raises(RunnerError, match=message):
        profile(folder, runner, one)


def test_the_table_has_a_row_for_each_layer_and_their_sum() -> None:
    from rich.console import Console

    rows = [
        LayerProfile("a", "CONV_2D", 1500, 1000, 40, 600),
        LayerProfile("b", "PAD", 500, 0, 0, 900),
    ]
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(render(rows))
    lines = console.export_text().splitlines()
    row = {line.split()[1]: line.split() for line in lines if len(line.split()) > 8}
    assert {"1,500", "75.0", "1.50"} <= set(row["a"])
    assert "2,000" in row["all"]
    assert "900" in row["all"]
    assert "2.00" in row["all"]
