"""Whole files of each kind that is read, made on the spot."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import random
import struct
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings

from support.graphs import KINDS, graphs
from support.recurrent import lstm, streaming, svdf
from support.surgery import small_file
from tinyrob.certify.certificate import Certificate
from tinyrob.certify.verdict import Finding, Verdict
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.manifest import Flash, Manifest, Ram, Signature
from tinyrob.training import checkpoints


def manifest() -> Manifest:
    side = Signature((4, 4, 1), 0.5, 0)
    return Manifest(
        1, "m", "t", "b", "native", "validate", "portable", "firmware.elf", 10, 20, Flash(1, 2, 3),
        30, Ram(1, 2, 3), "", (), side, side, None, False, False, "0" * 64, "0" * 64, "0" * 64, "",
        "",
    )  # fmt: skip


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def examples() -> bytes:
    return npz(
        clean=np.zeros((2, 4, 4, 1), np.int8), adversarial=np.ones((2, 4, 4, 1), np.int8),
        label=np.array([0, 1]), clean_class=np.array([0, 1]), adversarial_class=np.array([1, 0]),
        index=np.array([0, 1]), eps=np.array([1.0, 2.0]), norm=np.array(["linf", "l2"]),
    )  # fmt: skip


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def checkpoint() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = checkpoints.Checkpoint(1, [np.zeros(3)], [np.ones((2, 2))], [{"loss": 1.0}], "id", 3)
        return checkpoints.save(Path(folder), made).read_bytes()


def recording() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(64))
    return buffer.getvalue()


def mat() -> bytes:
    def element(kind: int, content: bytes) -> bytes:
        padded = content.ljust(-(-len(content) // 8) * 8, b"\0")
        return struct.pack("<II", kind, len(content)) + padded

    def matrix(name: bytes, values: np.ndarray[Any, Any]) -> bytes:
        parts = element(6, struct.pack("<II", 9, 0))
        parts += element(5, struct.pack(f"<{values.ndim}i", *values.shape))
        return element(14, parts + element(1, name) + element(2, values.tobytes(order="F")))

    x, y = np.zeros((32, 32, 3, 1), np.uint8), np.ones((1, 1), np.uint8)
    return bytes(124) + b"\x00\x01IM" + matrix(b"X", x) + matrix(b"y", y)


CSYNTH = b"""<profile><PerformanceEstimates><SummaryOfOverallLatency>
<Best-caseLatency>10</Best-caseLatency><Worst-caseLatency>12</Worst-caseLatency>
<Interval-min>3</Interval-min><Interval-max>4</Interval-max></SummaryOfOverallLatency>
</PerformanceEstimates><AreaEstimates><Resources><LUT>100</LUT><FF>20</FF></Resources>
<AvailableResources><LUT>1000</LUT><FF>2000</FF></AvailableResources></AreaEstimates></profile>"""


ROUTED = {
    "fmax": {"clk": {"achieved": 81.5, "constraint": 25.0}},
    "utilization": {
        "TRELLIS_COMB": {"used": 100, "available": 1000},
        "TRELLIS_FF": {"used": 50, "available": 1000},
        "DP16KD": {"used": 2, "available": 56},
    },
    "critical_paths": [
        {"from": "a", "to": "b", "path": [{"delay": 1.0, "from": {"cell": "a", "port": "Q"},
         "to": {"cell": "b", "port": "D"}, "type": "logic"}]},
    ],
}  # fmt: skip


def certificate() -> bytes:
    """Of three inputs, one of each verdict."""
    example = np.zeros((4, 4, 1), np.int8)
    found = (
        Finding(Verdict.CERTIFIED, "intervals", None),
        Finding(Verdict.FALSIFIED, "pgd", example),
        Finding(Verdict.UNKNOWN, None, None),
    )
    made = Certificate("m", "0" * 64, None, "digits", "1" * 64, 8, found)
    return as_json(made.to_dict())


def summed_npz(**arrays: Any) -> bytes:
    """Arrays, and the SHA-256 of their file behind it."""
    body = npz(**arrays)
    return body + hashlib.sha256(body).digest()


def program() -> bytes:
    """An ELF file with a segment, and a table of two functions."""
    strings = b"\0.text\0.symtab\0.strings\0main\0"
    text, table = bytes(16), struct.pack("<IIIBBH", 0, 0, 0, 0, 0, 0)
    for name, value in ((24, 1), (9, 9)):
        table += struct.pack("<IIIBBH", name, value, 4, 2, 0, 1)
    segment = 52
    at_text = segment + 32
    at_table, at_strings = at_text + len(text), at_text + len(text) + len(table)
    sections = at_strings + len(strings)
    header = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01" + bytes(9), 2, 40, 1, 0, segment, sections,
        0, 52, 32, 1, 40, 4, 3,
    )  # fmt: skip
    load = struct.pack("<8I", 1, at_text, 0, 0, len(text), len(text), 5, 4)
    rows = (
        (0, 0, 0, 0, 0, 0, 0),
        (1, 1, 6, 0, at_text, len(text), 0),
        (7, 2, 0, 0, at_table, len(table), 3),
        (15, 3, 0, 0, at_strings, len(strings), 0),
    )
    made = b"".join(
        struct.pack("<10I", *row, 0, 4, 16 if row[1] == 2 else 0) for row in rows
    )  # fmt: skip
    return header + load + text + table + strings + made


def elf() -> bytes:
    strings = b"\0.text\0.strings\0"
    header = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01" + bytes(9), 2, 40, 1, 0, 0, 52 + len(strings),
        0, 52, 0, 0, 40, 2, 1,
    )  # fmt: skip
    sections = struct.pack("<10I", 1, 1, 2, 0, 0, 16, 0, 0, 4, 0)
    sections += struct.pack("<10I", 7, 3, 0, 0, 52, len(strings), 0, 0, 1, 0)
    return header + strings + sections


def hls() -> bytes:
    port = {"name": "x", "shape": [4], "log2_step": -4, "zero_point": 0}
    layer = {**port, "identifier": "x", "traced": True, "inputs": ["x"]}
    return as_json({"kind": "hls", "model": "m", "input": port, "output": port, "layers": [layer]})


def texts(folder: Path, pattern: str, kind: str = "") -> list[bytes]:
    found = [path.read_bytes() for path in sorted(folder.glob(pattern))]
    return [text for text in found if kind.encode() in text][:4]


def cifar() -> bytes:
    images = np.zeros((3, 3072), np.uint8)
    return pickle.dumps({b"data": images, b"labels": [0, 1, 2]}, protocol=2)


def networks() -> list[bytes]:
    """The least network of each operator, and those that keep a state."""
    few = settings(max_examples=20, database=None, phases=[Phase.generate])
    drawn = [
        find(graphs((k,)), lambda g: True, settings=few, random=random.Random(1)) for k in KINDS
    ]
    stateful = [
        lstm(seed=1),
        lstm(seed=1, wide=True),
        streaming(np.zeros),
        *(svdf(seed=1, wide=w) for w in (True, False)),
    ]
    return [small_file(), *(write_tflite(graph) for graph in (*drawn, *stateful))]
