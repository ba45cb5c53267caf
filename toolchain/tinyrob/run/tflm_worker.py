"""One TensorFlow Lite Micro interpreter behind a pipe: ``python -m tinyrob.run.tflm_worker``.

stdin: one JSON line {model, arena, form}, the model's bytes, then batches: a line with a count and
that many samples' inputs. stdout: for each batch, its outputs. A batch is read as a whole before
anything is written, so that the two pipes cannot block each other. Ends with its stdin.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np


def interpreter(model: bytes, arena: int, *, keep_all: bool = False) -> Any:
    """A tflite_micro interpreter; ``keep_all`` gives each tensor memory of its own.

    Raises ImportError without tflite_micro, RuntimeError where it does not take the model.
    """
    from tflite_micro.python.tflite_micro import runtime

    config = runtime.InterpreterConfig
    kind = config.kPreserveAllTensors if keep_all else config.kAllocationRecording
    return runtime.Interpreter.from_bytes(model, arena_size=arena, intrepreter_config=kind)


@dataclass(frozen=True)
class Form:
    """What goes in and out: shapes and types of the inputs, and how many outputs there are."""

    shapes: list[list[int]]
    dtypes: list[str]
    outputs: int

    @property
    def bytes(self) -> int:
        """Of one sample's inputs."""
        return sum(
            math.prod(s) * np.dtype(d).itemsize
            for s, d in zip(self.shapes, self.dtypes, strict=True)
        )


def invoke(tflm: Any, data: bytes, form: Form) -> bytes:
    """The outputs of each sample, as they come; a sample's inputs lie one behind the other."""
    made, at = [], 0
    while at < len(data):
        for index, (shape, dtype) in enumerate(zip(form.shapes, form.dtypes, strict=True)):
            count = math.prod(shape)
            tflm.set_input(np.frombuffer(data, dtype, count, at).reshape(shape), index)
            at += count * np.dtype(dtype).itemsize
        tflm.invoke()
        made += [tflm.get_output(i).tobytes() for i in range(form.outputs)]
    return b"".join(made)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other end closed the pipe")
    return data


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers batches until ``source`` ends."""
    header = json.loads(source.readline())
    form = Form(**header["form"])
    tflm = interpreter(_read(source, header["model"]), header["arena"])
    while line := source.readline():
        sink.write(invoke(tflm, _read(source, int(line) * form.bytes), form))
        sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
