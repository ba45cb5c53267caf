"""TensorFlow Lite Micro itself, the golden interpreter of a .tflite, as a runner."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinyrob.errors import RunnerError, ToolMissing, UnsupportedModel
from tinyrob.files.installed import install_command
from tinyrob.ir.graph import Concatenation, Graph
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult
from tinyrob.run.tflm_worker import interpreter, invoke

MOST_JOINED = 10
_BATCH = 16
_STOP_SECONDS = 5.0
_HINT = "is this the .tflite that tinyrob wrote or read? If so, please report it"


class TflmRunner(Runner):
    """Runs a .tflite on the tflite_micro package.

    ``graph`` is what ``read_tflite`` gives for ``tflite``. ``jobs`` processes share the work where
    it is long (default: all processors); the results do not depend on it. Raises ToolMissing
    without tflite_micro, UnsupportedModel beyond its limits, RunnerError where it refuses the model
    or dies.
    """

    name = "tflm"
    patience_seconds = 2.0
    """Work that would take longer in this process goes to workers."""

    def __init__(self, tflite: bytes, graph: Graph, jobs: int | None = None) -> None:
        refused = beyond_limits(graph)
        if refused is not None:
            raise refused
        self._tflite, self._graph = tflite, graph
        self._jobs = max(1, jobs if jobs is not None else os.cpu_count() or 1)
        self._shape = graph.tensors[graph.inputs[0]].shape
        self._sample = graph.tensors[graph.inputs[0]].sample_shape
        self._out = graph.tensors[graph.outputs[0]].sample_shape
        self._arena = arena_bytes(graph)
        self._interpreter = self._open()
        self._workers: list[_Worker] = []

    def _open(self, *, keep_all: bool = False) -> Any:
        try:
            return interpreter(self._tflite, self._arena, keep_all=keep_all)
        except ImportError as error:
            raise ToolMissing("tflite_micro is not installed", install_command("check")) from error
        except MemoryError as error:
            raise RunnerError(
                f"TFLite Micro needs {self._arena} bytes for the model's tensors, which this "
                "machine does not have",
                "use a smaller model",
            ) from error
        except RuntimeError as error:
            raise RunnerError(f"TFLite Micro refuses the model: {error}", _HINT) from error

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, ...) for int8 inputs (N, *input_shape)."""
        inputs = self._checked(inputs)
        outputs = np.empty((len(inputs), *self._out), np.int8)
        started, done = time.monotonic(), 0
        while done < len(inputs):
            # The first input has shown how long the others will take.
            ahead = (time.monotonic() - started) / max(done, 1) * (len(inputs) - done)
            if done and self._jobs > 1 and ahead > self.patience_seconds:
                break
            count = 1 if done == 0 else min(_BATCH, len(inputs) - done)
            try:
                batch = invoke(self._interpreter, inputs[done : done + count], self._shape)
            except RuntimeError as error:
                raise RunnerError(f"TFLite Micro failed at input {done}: {error}", _HINT) from error
            outputs[done : done + count] = np.stack(batch).reshape(count, *self._out)
            done += count
            if progress is not None:
                progress(count)
        if done < len(inputs):
            self._share(inputs[done:], outputs[done:], progress)
        return RunResult(outputs)

    def layers(self, one: Int8Array) -> Mapping[str, Int8Array]:
        """Every operator's output for one input (*input_shape), without the batch axis."""
        one = self._checked(np.asarray(one)[None])
        tflm = self._open(keep_all=True)
        try:
            invoke(tflm, one, self._shape)
        except RuntimeError as error:
            raise RunnerError(f"TFLite Micro failed: {error}", _HINT) from error
        found = {}
        for op in self._graph.ops:
            tensor = self._graph.tensors[op.outputs[0]]
            data = tflm.GetTensor(op.outputs[0], 0)["tensor_data"]
            found[tensor.name] = data.reshape(tensor.sample_shape)
        return found

    def _checked(self, inputs: Int8Array) -> Int8Array:
        array = np.ascontiguousarray(inputs)
        if array.dtype != np.int8 or array.shape[1:] != self._sample:
            raise RunnerError(
                f"the network takes int8 inputs (N, {', '.join(map(str, self._sample))}), not "
                f"{array.dtype} {array.shape}",
                "quantize and reshape them first",
            )
        return array

    def _share(self, inputs: Int8Array, outputs: Int8Array, progress: Progress | None) -> None:
        while len(self._workers) < min(self._jobs, -(-len(inputs) // _BATCH)):
            self._workers.append(_Worker(self._tflite, self._arena, self._shape))
        starts: queue.SimpleQueue[int] = queue.SimpleQueue()
        for start in range(0, len(inputs), _BATCH):
            starts.put(start)
        results: queue.SimpleQueue[int | RunnerError] = queue.SimpleQueue()

        def drain(worker: _Worker) -> None:
            try:
                while True:
                    start = starts.get_nowait()
                    batch = inputs[start : start + _BATCH]
                    outputs[start : start + len(batch)] = worker.run(batch, self._out)
                    results.put(len(batch))
            except queue.Empty:
                pass
            except RunnerError as error:
                results.put(error)

        threads = [threading.Thread(target=drain, args=(w,), daemon=True) for w in self._workers]
        for thread in threads:
            thread.start()
        done = 0
        try:
            while done < len(inputs):
                result = results.get()
                if isinstance(result, RunnerError):
                    raise result
                done += result
                if progress is not None:
                    progress(result)
        except BaseException:  # also the user's Ctrl-C: no thread may outlive its worker
            for worker in self._workers:
                worker.kill()
            for thread in threads:
                thread.join()
            self._stop()
            raise
        for thread in threads:
            thread.join()

    def _stop(self) -> None:
        for worker in self._workers:
            worker.stop()
        self._workers.clear()

    def close(self) -> None:
        """Ends the processes behind it."""
        self._stop()


class _Worker:
    """A process with an interpreter in it; what it says on stderr becomes the error's message."""

    def __init__(self, tflite: bytes, arena: int, shape: tuple[int, ...]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tinyrob.run.tflm_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        header = json.dumps({"model": len(tflite), "arena": arena, "shape": list(shape)})
        self._greeting = header.encode() + b"\n" + tflite

    def run(self, batch: Int8Array, out: tuple[int, ...]) -> Int8Array:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        size = len(batch) * int(np.prod(out, dtype=np.int64))
        try:
            stdin.write(self._greeting + f"{len(batch)}\n".encode() + batch.tobytes())
            stdin.flush()
            self._greeting = b""
            data = stdout.read(size)
        except (OSError, ValueError):
            data = b""
        if len(data) != size:
            raise self._died()
        return np.frombuffer(data, np.int8).reshape(len(batch), *out)

    def _died(self) -> RunnerError:
        self.kill()
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").strip().splitlines()
        detail = f": {said[-1]}" if said else ""
        return RunnerError(
            f"a TFLite Micro worker ended with status {self._process.returncode}{detail}", _HINT
        )

    def kill(self) -> None:
        """Ends the process; it has nothing to lose."""
        self._process.kill()
        self._process.wait(_STOP_SECONDS)

    def stop(self) -> None:
        """Ends the process and closes its pipes; no thread may be using them."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent input of a process that is gone
                    stream.close()


def beyond_limits(graph: Graph) -> UnsupportedModel | None:
    """Why TFLite Micro, which has limits of its own, refuses a valid graph; None where it runs it.

    Its CONCATENATION has room for ``kMaxInputNum`` inputs (micro/kernels/concatenation.cc).
    """
    for index, op in enumerate(graph.ops):
        if isinstance(op.attributes, Concatenation) and len(op.inputs) > MOST_JOINED:
            return UnsupportedModel(
                f"TFLite Micro joins at most {MOST_JOINED} tensors, and operator {index}, "
                f"CONCATENATION (makes {graph.layer_name(op)!r}), joins {len(op.inputs)}",
                "join them in steps of fewer: the values are the same. tinyrob's own kernels and "
                "runners have no such limit",
            )
    return None


def arena_bytes(graph: Graph) -> int:
    """A tensor arena that is ample for ``graph``, every tensor kept (on a desktop: it is virtual).

    Tensors, int32 scratch of their size, per-channel factors, and TFLite Micro's own records.
    """
    activations = sum(t.bytes + 64 for t in graph.tensors if t.data is None)
    channels = sum(len(t.quantization.scales) for t in graph.tensors if t.quantization is not None)
    return 2**20 + 5 * activations + 64 * channels + 4096 * (len(graph.ops) + len(graph.tensors))
