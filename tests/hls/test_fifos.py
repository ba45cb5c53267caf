"""FIFO depths: the network never stands still, whoever is slow, and no FIFO is a whole tensor."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from support import fpga_networks as networks
from tinyrob.frozen import model as fr
from tinyrob.hls.backend import generate
from tinyrob.hls.boards import find_fpga_board
from tinyrob.hls.fifos import Fifo, Process, block_rams, luts, padded, windowed
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.network import HlsNetwork
from tinyrob.hls.overrides import Overrides
from tinyrob.hls.schedule import plan
from tinyrob.hls.streams import _processes


def _network(name: str) -> HlsNetwork:
    return to_hls({"mixed": networks.mixed, "residual": networks.residual}[name]())


def _passes(processes: Sequence[Process], fifos: Sequence[Fifo], images: int, seed: int) -> bool:
    """Whether images pass when processes take turns by chance, with pipelines of any depth."""
    rng = random.Random(seed)
    read = {i for process in processes for i in process.inputs}
    filled = [0] * len(fifos)
    state = [(process, deque(), rng.randrange(33), [0]) for process in processes]

    def turn(process: Process, held: deque[int], depth: int, done: list[int]) -> bool:
        total = images * len(process.steps)
        boundary = done[0] % len(process.steps) == 0
        if held and (boundary or done[0] - held[0] >= depth):
            if any(i in read and filled[i] >= fifos[i].depth for i in process.outputs):
                return False
            held.popleft()
            for i in process.outputs:
                filled[i] += 1
            return True
        if done[0] == total:
            return False
        step = process.steps[done[0] % len(process.steps)]
        if step & 1:
            if any(filled[i] == 0 for i in process.inputs):
                return False
            for i in process.inputs:
                filled[i] -= 1
        if step & 2:
            held.append(done[0])
        done[0] += 1
        return True

    while True:
        rng.shuffle(state)
        moved = [turn(*one) for one in state for _ in range(rng.randrange(1, 40))]
        if not any(moved):
            break
    return all(done[0] == images * len(process.steps) for process, _, _, done in state)


def _sized(network: HlsNetwork) -> tuple[list[Process], list[Fifo]]:
    fifos, processes, _ = _processes(network.layers)
    chosen = {(f.writer, f.index): f for layer in network.layers for f in layer.streams}
    return processes, [chosen[fifo.writer, fifo.index] for fifo in fifos]


@pytest.mark.parametrize("name", ["mixed", "residual"])
def test_images_pass_under_any_timing(name: str) -> None:
    processes, fifos = _sized(_network(name))
    for seed in range(3):
        assert _passes(processes, fifos, 3, seed)


def test_a_shorter_one_beside_the_longer_path_stops_everything() -> None:
    processes, fifos = _sized(_network("residual"))
    skip = next(fifo for fifo in fifos if (fifo.writer, fifo.index) == ("clone_stem", 1))
    assert 32 < skip.depth < skip.beats
    short = [replace(fifo, depth=32) if fifo is skip else fifo for fifo in fifos]
    assert not _passes(processes, short, 1, 0)


def test_they_take_a_fraction_of_the_block_ram_of_whole_tensors() -> None:
    _, fifos = _sized(_network("residual"))
    whole = [replace(fifo, depth=fifo.beats) for fifo in fifos]
    assert block_rams(fifos) < block_rams(whole) / 10
    assert luts(fifos) < 10_000


@pytest.mark.parametrize(
    ("size", "window", "strides"), [((5, 7), (3, 3), (1, 1)), ((8, 8), (2, 2), (2, 2))]
)
def test_a_window_gives_as_many_beats_as_positions(size, window, strides) -> None:
    steps = windowed(size, window, strides)
    assert len(steps) == size[0] * size[1]
    out = [(n - w) // s + 1 for n, w, s in zip(size, window, strides, strict=True)]
    assert sum(step >> 1 for step in steps) == out[0] * out[1]


def test_padding_reads_the_image_and_writes_its_border_too() -> None:
    steps = np.frombuffer(padded((2, 3), ((1, 0), (0, 1))), np.uint8).reshape(3, 4)
    assert steps.tolist() == [[2, 2, 2, 2], [3, 3, 3, 2], [3, 3, 3, 2]]


def test_where_the_order_of_reading_is_not_modelled_fifos_hold_whole_tensors() -> None:
    m = networks.Maker()
    x = m.input((4, 4, 1))
    left = m.flatten("left", m.conv("a", x, 2), 32)
    right = m.flatten("right", m.conv("b", x, 2), 32)
    m.dense("logits", m.add(fr.Concatenate("join", (left, right), networks.RELU), 64), 2)
    for layer in to_hls(m.model("flat-join")).layers:
        assert all(fifo.depth == fifo.beats for fifo in layer.streams)


@pytest.mark.parametrize(
    ("backend", "storage"),
    [
        ("Vitis", r"BIND_STORAGE variable=(\w+) type=fifo impl=(srl|bram)"),
        ("Vivado", r"RESOURCE variable=(\w+) core=FIFO_(SRL|BRAM)"),
    ],
)
def test_the_project_has_these_depths_and_says_which_memory(backend: str, storage: str) -> None:
    pytest.importorskip("hls4ml")
    network, board = _network("residual"), find_fpga_board("zcu102")
    schedule = plan(network, board, Overrides("io_stream"), shared=False)
    files = generate(network, schedule, board, backend).files
    source = files["firmware/tr_residual.cpp"].decode()
    depths = dict(re.findall(r"#pragma HLS STREAM variable=(\w+) depth=(\d+)", source))
    expected = [f.depth for layer in network.layers[1:-1] for f in layer.streams]
    assert sorted(map(int, depths.values())) == sorted(expected)
    kinds = dict(re.findall(storage, source))
    assert kinds.keys() == depths.keys()
    for name, depth in depths.items():
        assert (kinds[name].lower() == "srl") == (int(depth) <= 64), name
