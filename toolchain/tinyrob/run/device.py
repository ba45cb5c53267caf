"""A runner over the protocol: the same for a program of this machine, an emulator, a board."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from tinyrob.errors import RunnerError
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.manifest import BuildFolder
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult
from tinyrob.run.link import LinkClosed, Peer
from tinyrob.run.protocol import Client, Hello, Patience, Stats

Answer = TypeVar("Answer")
_Device = TypeVar("_Device", bound="DeviceRunner")


class DeviceRunner(Runner):
    """Runs a build folder's firmware at the other end of a link that ``_start`` opens.

    Raises RunnerError where it hangs, dies, or holds another model.
    """

    name: str
    greeting: Patience
    """How long it may take to start."""

    def __init__(self, folder: BuildFolder, patience: Patience) -> None:
        self.folder = folder
        self._patience = patience
        self._child: Peer | None = None
        self._client: Client | None = None
        self._hello: Hello | None = None
        self._graph: Graph | None = None

    @abstractmethod
    def _start(self) -> Peer:
        """Starts or reaches the device. Raises ToolMissing, BuildError or RunnerError."""

    def _greet(self, client: Client, digest: bytes) -> Hello:
        """The first exchange; ``digest`` is the model that must be there."""
        return client.hello(digest, self.greeting)

    def __enter__(self: _Device) -> _Device:
        self._child = self._start()
        try:
            self._client = Client(self._child.link, self._child.who, self._patience)
            digest = self.folder.model_digest
            self._hello = self._ask(lambda client: self._greet(client, digest))
            self._check(self._hello)
        except BaseException:
            self._stop()
            raise
        return self

    def close(self) -> None:
        """Stops the device, or lets go of it."""
        self._stop()

    def _stop(self) -> None:
        child, self._child, self._client = self._child, None, None
        if child is not None:
            child.stop()

    def _check(self, hello: Hello) -> None:
        manifest = self.folder.manifest
        expected = (manifest.input.bytes, manifest.output.bytes, len(manifest.layers))
        if (hello.input_bytes, hello.output_bytes, hello.layers) != expected:
            raise RunnerError(
                f"the firmware in {self.folder.path} is not the one of its manifest", "build again"
            )

    def _ask(self, question: Callable[[Client], Answer]) -> Answer:
        if self._child is None or self._client is None:
            raise RuntimeError("a runner is used inside its `with` block")
        try:
            return question(self._client)
        except LinkClosed:
            raise self._child.died() from None
        except RunnerError as error:
            raise self._child.hung(error) from None

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output_shape) for int8 inputs (N, *input_shape)."""
        signature = self.folder.manifest.output
        outputs = np.empty((len(inputs), *signature.shape), np.int8)
        highest = 0
        for index, one in enumerate(inputs):
            answer, count = self._infer(self._bytes(one))
            outputs[index] = np.frombuffer(answer, np.int8).reshape(signature.shape)
            highest = max(highest, count)
            if progress is not None:
                progress(1)
        counter = self._hello.counter if self._hello is not None and highest > 0 else "none"
        return RunResult(
            outputs,
            instructions=highest if counter == "instructions" else None,
            cycles=highest if counter == "cycles" else None,
        )

    def _infer(self, body: bytes) -> tuple[bytes, int]:
        return self._ask(lambda client: client.infer(body, self.folder.manifest.output.bytes))

    def digests(self, one: Int8Array) -> dict[str, int]:
        """CRC-32 (zlib's) of what is computed of every layer's output, by name, in order."""
        body = self._bytes(one)
        layers = self.folder.manifest.layers
        found = self._ask(lambda c: c.trace(body, len(layers)))
        return {layer.name: digest for layer, digest in zip(layers, found, strict=True)}

    def layer(self, one: Int8Array, index: int) -> Int8Array:
        """One layer's output, without the batch axis.

        What slimming removed of it is there as the constant that it is, or 0 where nothing reads
        it.
        """
        layer = self.folder.manifest.layers[index]
        tensor = np.zeros(self._tensors()[layer.name], np.int8)
        size = tensor.size if layer.removed is None else layer.removed.cut(tensor).size
        body = self._bytes(one)
        data = np.frombuffer(self._ask(lambda c: c.tensor(index, 0, size, body)), np.int8)
        if layer.removed is None:
            return data.reshape(tensor.shape)
        return layer.removed.whole(data, tensor)

    def layers(self, one: Int8Array) -> Mapping[str, Int8Array]:
        """Every emitted layer's output, at one inference each (``digests`` costs one for all)."""
        names = [layer.name for layer in self.folder.manifest.layers]
        return {name: self.layer(one, index) for index, name in enumerate(names)}

    def profile(self, one: Int8Array) -> tuple[int, ...]:
        """Instructions of each layer for one input, in execution order.

        Raises RunnerError where the device counts no instructions.
        """
        if self._hello is None or self._hello.counter != "instructions":
            raise RunnerError(
                f"{self.name} on {self.folder.manifest.board} counts no instructions",
                "build for a board that `tinyrob boards` calls emulated, and run with --on qemu",
            )
        body = self._bytes(one)
        return self._ask(lambda c: c.profile(body, len(self.folder.manifest.layers)))

    def stats(self) -> Stats:
        """The stack's use since the start."""
        return self._ask(lambda client: client.stats())

    def _bytes(self, one: Int8Array) -> bytes:
        shape = self.folder.manifest.input.shape
        array = np.ascontiguousarray(one)
        if array.dtype != np.int8 or array.shape != shape:
            raise RunnerError(
                f"the network takes int8 inputs (N, {', '.join(map(str, shape))}), not "
                f"{array.dtype} (N, {', '.join(map(str, array.shape))})",
                "quantize and reshape them first",
            )
        return array.tobytes()

    def _tensors(self) -> dict[str, tuple[int, ...]]:
        if self._graph is None:
            self._graph = read_tflite(self.folder.tflite.read_bytes())
        return {tensor.name: tensor.sample_shape for tensor in self._graph.tensors}
