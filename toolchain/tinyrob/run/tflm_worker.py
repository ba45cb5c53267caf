"""One TensorFlow Lite Micro interpreter behind a pipe: ``python -m tinyrob.run.tflm_worker``.

stdin: one JSON line {model, arena, shape}, the model's bytes, then batches: a line with a count and
that many int8 inputs. stdout: for each batch, its int8 outputs. A batch is read as a whole before
anything is written, so that the two pipes cannot block each other. Ends with its stdin.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


def interpreter(model: bytes, arena: int, *, keep_all: bool = False) -> Any:
    """A tflite_micro interpreter; ``keep_all`` gives each tensor memory of its own.

    Raises ImportError without tflite_micro, RuntimeError where it does not take the model.
    """
    from tflite_micro.python.tflite_micro import runtime

    config = runtime.InterpreterConfig
    kind = config.kPreserveAllTensors if keep_all else config.kAllocationRecording
    return runtime.Interpreter.from_bytes(model, arena_size=arena, intrepreter_config=kind)


def invoke(tflm: Any, inputs: NDArray[np.int8], shape: Sequence[int]) -> list[NDArray[np.int8]]:
    """The output of each input, as it comes; an input is reshaped to ``shape``."""
    outputs = []
    for one in inputs:
        tflm.set_input(one.reshape(shape), 0)
        tflm.invoke()
        outputs.append(tflm.get_output(0))
    return outputs


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other end closed the pipe")
    return data


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers batches until ``source`` ends."""
    header = json.loads(source.readline())
    shape = header["shape"]
    tflm = interpreter(_read(source, header["model"]), header["arena"])
    while line := source.readline():
        data = _read(source, int(line) * math.prod(shape))
        batch = np.frombuffer(data, np.int8).reshape(int(line), -1)
        sink.write(b"".join(o.tobytes() for o in invoke(tflm, batch, shape)))
        sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
