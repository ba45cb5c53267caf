"""A runner over the protocol: the same for a program of this machine, an emulator, a board."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from tinyrob.errors import RunnerError
from tinyrob.ir.graph import Graph, numpy_type
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.image_crc import RTL, verilog_crc_of
from tinyrob.project.seal import sealed
from tinyrob.run.base import Array, Progress, Runner, RunResult
from tinyrob.run.batch import Side, shown
from tinyrob.run.link import LinkClosed, Peer
from tinyrob.run.protocol import Check, Client, Hello, NoAnswer, Patience, Stats

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

    @property
    def _program(self) -> Path:
        """The file that the device must hold."""
        return self.folder.elf

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

    def _sealed(self) -> int | None:
        """The CRC-32 of what the device must hold; None where that is not known."""
        if self.folder.manifest.runtime == RTL:
            return verilog_crc_of(self.folder.path)
        return sealed(self._program)

    def _check(self, hello: Hello) -> None:
        built = self._sealed()
        if built is not None and hello.image != built:
            raise RunnerError(
                f"{self.name}: what is in flash is not {self._program}: its CRC-32 is "
                f"{hello.image:08x}, and {built:08x} was built",
                "program it again (`tinyrob flash`): it holds another build, or bits of it have "
                "changed",
            )
        manifest = self.folder.manifest
        inputs, outputs = Side.inputs(self.graph).inner, Side.outputs(self.graph).inner
        expected = (inputs.bytes, outputs.bytes, len(manifest.layers))
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

    @property
    def graph(self) -> Graph:
        """The network of the build folder."""
        if self._graph is None:
            self._graph = read_tflite(self.folder.tflite.read_bytes())
        return self._graph

    def run(self, inputs: Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output_shape) for inputs (N, *input_shape)."""
        side = Side.outputs(self.graph)
        kind = side.inner
        outputs = np.empty((len(inputs), *kind.shape), kind.dtype)
        highest = 0
        if self.graph.stateful:
            self._ask(lambda client: client.reset())
        for index, one in enumerate(inputs):
            answer, count = self._infer(self._bytes(one))
            outputs[index] = kind.parse(answer)
            highest = max(highest, count)
            if progress is not None:
                progress(1)
        counter = self._hello.counter if self._hello is not None and highest > 0 else "none"
        return RunResult(
            side.left(outputs),
            instructions=highest if counter == "instructions" else None,
            cycles=highest if counter == "cycles" else None,
        )

    def _infer(self, body: bytes) -> tuple[bytes, int]:
        expected = Side.outputs(self.graph).inner.bytes
        return self._ask(lambda client: client.infer(body, expected))

    def digests(self, one: Array) -> tuple[int, ...]:
        """CRC-32 (zlib's) of what is computed of every layer of the manifest's, in order."""
        body = self._bytes(one)
        return tuple(self._afresh(lambda c: c.trace(body, len(self.folder.manifest.layers))))

    def layer(self, one: Array, index: int) -> Array:
        """One layer's output, without the batch axis.

        What slimming removed of it is there as the constant that it is, or 0 where nothing reads
        it; 0 are the rows that another of its bands computes.
        """
        return self._onto(self._blank(self.folder.manifest.layers[index].name), one, index)

    def _blank(self, name: str) -> Array:
        found = next(t for t in self.graph.tensors if t.name == name)
        return np.zeros(found.sample_shape, numpy_type(found.dtype))

    def _onto(self, tensor: Array, one: Array, index: int) -> Array:
        """The tensor with what a layer computes of it."""
        layer = self.folder.manifest.layers[index]
        size, body = layer.cut(tensor).nbytes, self._bytes(one)
        data = self._afresh(lambda c: c.tensor(index, 0, size, body))
        return layer.put(np.frombuffer(data, tensor.dtype), tensor)

    def layers(self, one: Array) -> Mapping[str, Array]:
        """Every emitted layer's output, at one inference each (``digests`` costs one for all)."""
        found: dict[str, Array] = {}
        for index, layer in enumerate(self.folder.manifest.layers):
            blank = found.get(layer.name)
            found[layer.name] = self._onto(
                self._blank(layer.name) if blank is None else blank, one, index
            )
        return found

    def profile(self, one: Array) -> tuple[int, ...]:
        """Instructions of each layer for one input, in execution order.

        Raises RunnerError where the device counts no instructions.
        """
        if self._hello is None or self._hello.counter != "instructions":
            raise RunnerError(
                f"{self.name} on {self.folder.manifest.board} counts no instructions",
                "build for a board that `tinyrob boards` calls emulated, and run with --on qemu",
            )
        body = self._bytes(one)
        return self._afresh(lambda c: c.profile(body, len(self.folder.manifest.layers)))

    def _afresh(self, question: Callable[[Client], Answer]) -> Answer:
        """Asks from the first state on: a question that is asked again must meet it again."""
        if not self.graph.stateful:
            return self._ask(question)

        def once(client: Client) -> Answer:
            client.reset()
            return client.once(lambda: question(client))

        for _ in range(self._patience.attempts - 1):
            with contextlib.suppress(NoAnswer):
                return self._ask(once)
        return self._ask(once)

    def check(self) -> Check:
        """Has the device look at all that is in its flash, and at the model's constants."""
        return self._ask(lambda client: client.check())

    def watch(self, on: bool = True) -> None:
        """Has it look at one layer's constants with each inference: one that is no longer what was
        built ends ``run`` with a RunnerError."""
        self._ask(lambda client: client.watch(on))

    def stats(self) -> Stats:
        """The stack's use since the start."""
        return self._ask(lambda client: client.stats())

    def _bytes(self, one: Array) -> bytes:
        side, batch = Side.inputs(self.graph), np.asarray(one)[None]
        if not (side.outer.fits(batch) or side.inner.fits(batch)):
            raise RunnerError(
                f"the network takes {side.outer}, not {shown(batch)}",
                "quantize and reshape them first",
            )
        return side.entered(batch).tobytes()
