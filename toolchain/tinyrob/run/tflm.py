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
from tinyrob.ir.graph import Concatenation, Graph, Softmax
from tinyrob.run.base import Array, Progress, Runner, RunResult
from tinyrob.run.batch import Side, shown
from tinyrob.run.tflm_worker import Form, interpreter, invoke

MOST_JOINED = 10
MOST_ADDED = 512
"""TFLite Micro's softmax to int8 asserts that its terms, of at most 1 each, add up to less."""
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
        if graph.stateful:
            self._jobs = 1
        self._apart = may_end(graph)
        self._inputs, self._outputs = Side.inputs(graph), Side.outputs(graph)
        self._form = Form(
            [list(t.shape) for t in self._inputs.outer.tensors],
            [t.dtype for t in self._inputs.outer.tensors],
            len(graph.exits),
        )
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

    def run(self, inputs: Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, ...) for inputs (N, *input_shape)."""
        inputs = self._checked(inputs)
        kind = self._outputs.outer
        outputs = np.empty((len(inputs), *kind.shape), kind.dtype)
        if self._apart:
            self._run_apart(inputs, outputs, progress)
            return RunResult(outputs)
        if self._graph.stateful:
            self._interpreter = self._open()
        started, done = time.monotonic(), 0
        while done < len(inputs):
            # The first input has shown how long the others will take.
            ahead = (time.monotonic() - started) / max(done, 1) * (len(inputs) - done)
            if done and self._jobs > 1 and ahead > self.patience_seconds:
                break
            count = 1 if done == 0 else min(_BATCH, len(inputs) - done)
            try:
                made = invoke(self._interpreter, inputs[done : done + count].tobytes(), self._form)
            except RuntimeError as error:
                raise RunnerError(f"TFLite Micro failed at input {done}: {error}", _HINT) from error
            outputs[done : done + count] = self._parsed(made, count)
            done += count
            if progress is not None:
                progress(count)
        if done < len(inputs):
            self._share(inputs[done:], outputs[done:], progress)
        return RunResult(outputs)

    def _run_apart(self, inputs: Array, outputs: Array, progress: Progress | None) -> None:
        if self._graph.stateful:
            self._stop()
        try:
            self._share(inputs, outputs, progress)
        except RunnerError as error:
            raise RunnerError(
                error.message,
                "TFLite Micro gives up where the terms of a softmax add up to "
                f"{MOST_ADDED}, as in {MOST_ADDED} equal columns: compare on other inputs; "
                "tinyrob's own kernels and runners have no such limit",
            ) from error

    def _parsed(self, made: bytes, count: int) -> Array:
        kind = self._outputs.outer
        return np.frombuffer(made, kind.dtype).reshape(count, *kind.shape)

    def layers(self, one: Array) -> Mapping[str, Array]:
        """Every operator's output of integers for one input (*input_shape), without the batch
        axis."""
        one = self._checked(np.asarray(one)[None])
        if self._apart:
            self.run(one)  # an input that ends the process ends another one
        tflm = self._open(keep_all=True)
        try:
            invoke(tflm, one.tobytes(), self._form)
        except RuntimeError as error:
            raise RunnerError(f"TFLite Micro failed: {error}", _HINT) from error
        found = {}
        for index in (i for op in self._graph.ops for i in op.outputs):
            tensor = self._graph.tensors[index]
            if tensor.dtype == "float32":
                continue
            data = tflm.GetTensor(index, 0)["tensor_data"]
            found[tensor.name] = data.reshape(tensor.sample_shape)
        return found

    def _checked(self, inputs: Array) -> Array:
        array = np.ascontiguousarray(inputs)
        if not (self._inputs.outer.fits(array) or self._inputs.inner.fits(array)):
            raise RunnerError(
                f"the network takes {self._inputs.outer}, not {shown(array)}",
                "quantize and reshape them first",
            )
        return self._inputs.restored(array)

    def _share(self, inputs: Array, outputs: Array, progress: Progress | None) -> None:
        while len(self._workers) < min(self._jobs, -(-len(inputs) // _BATCH)):
            self._workers.append(_Worker(self._tflite, self._arena, self._form))
        starts: queue.SimpleQueue[int] = queue.SimpleQueue()
        for start in range(0, len(inputs), _BATCH):
            starts.put(start)
        results: queue.SimpleQueue[int | RunnerError] = queue.SimpleQueue()

        def drain(worker: _Worker) -> None:
            try:
                while True:
                    start = starts.get_nowait()
                    batch = inputs[start : start + _BATCH]
                    size = len(batch) * self._outputs.outer.bytes
                    made = worker.run(batch.tobytes(), len(batch), size)
                    outputs[start : start + len(batch)] = self._parsed(made, len(batch))
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

    def __init__(self, tflite: bytes, arena: int, form: Form) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tinyrob.run.tflm_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        header = json.dumps({"model": len(tflite), "arena": arena, "form": vars(form)})
        self._greeting = header.encode() + b"\n" + tflite

    def run(self, batch: bytes, count: int, size: int) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(self._greeting + f"{count}\n".encode() + batch)
            stdin.flush()
            self._greeting = b""
            data = stdout.read(size)
        except (OSError, ValueError):
            data = b""
        if len(data) != size:
            raise self._died()
        return data

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


def may_end(graph: Graph) -> bool:
    """Whether some inputs end the process that TFLite Micro computes this graph in."""
    softmaxes = [op for op in graph.ops if isinstance(op.attributes, Softmax)]
    made = [graph.tensors[op.outputs[0]] for op in softmaxes]
    return any(t.dtype == "int8" and t.shape[-1] >= MOST_ADDED for t in made)


def arena_bytes(graph: Graph) -> int:
    """A tensor arena that is ample for ``graph``, every tensor kept (on a desktop: it is virtual).

    Tensors, int32 scratch of their size, per-channel factors, and TFLite Micro's own records.
    """
    activations = sum(t.bytes + 64 for t in graph.tensors if t.data is None)
    channels = sum(len(t.quantization.scales) for t in graph.tensors if t.quantization is not None)
    return 2**20 + 5 * activations + 64 * channels + 4096 * (len(graph.ops) + len(graph.tensors))
