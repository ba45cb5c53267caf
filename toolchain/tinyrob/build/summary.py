"""What a build folder holds: its manifest, with sizes from the ELF and the stack's peak."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np

from tinyrob.boards.read import Board
from tinyrob.build.fit import check_stack
from tinyrob.build.listening import PICTURES, SOUND
from tinyrob.build.look_up import FLASH, RAM, Job
from tinyrob.errors import BoardError, RunnerError, ToolMissing
from tinyrob.features.camera import DEFAULT
from tinyrob.files.version import __version__
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Tensor
from tinyrob.network.layers import Trim
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.elf import firmware_sizes
from tinyrob.project.layer_cost import LayerCost, Removed
from tinyrob.project.manifest import VERSION, Flash, Manifest, Ram, Signature
from tinyrob.project.stack import stack_bound
from tinyrob.run.batch import Side

ELF = "firmware.elf"


def manifest_of(job: Job, folder: Path) -> Manifest:
    """What the folder holds, with the stack's upper bound."""
    graph, model, board = job.model.graph, job.c_model, job.board
    inputs, outputs = _signatures(inputs_of(graph)), _signatures(outputs_of(graph))
    sizes = firmware_sizes(folder / ELF)
    static = sizes.static + (sizes.weights if board.weights_in_ram else 0)
    if job.tree is not None:
        # An interpreter calls through pointers all the way: its call graph bounds nothing.
        bound, source = board.stack_bytes, "reserved: all that the board file gives it"
    elif not job.toolchain.call_graph:
        bound, source = board.stack_bytes, "reserved: clang tells no call graph to bound it by"
    else:
        graphs = sorted((folder / "obj").rglob("*.ci"))
        bound = stack_bound(graphs, job.toolchain.entry, job.toolchain.handlers)
        source = "computed: an upper bound from the call graph"
        check_stack(job.model.name, bound, board)
    layers = tuple(
        LayerCost(
            layer.name,
            layer.op,
            layer.macs,
            layer.weights_bytes,
            layer.ram_bytes,
            removed_of(layer.trim),
            None if layer.part is None else (layer.part.first, layer.part.count),
        )
        for layer in model.layers
    )
    return Manifest(
        version=VERSION,
        model=job.model.name,
        target=job.target,
        board=board.name,
        runtime=job.runtime,
        app=job.app,
        isa=job.isa,
        elf=ELF,
        macs=model.macs,
        flash_bytes=sizes.flash,
        flash=Flash(sizes.code, sizes.weights, sizes.other),
        ram_bytes=sizes.arena + static + bound,
        ram=Ram(sizes.arena, static, bound),
        stack_source=source,
        layers=layers,
        input=inputs[0],
        output=outputs[0],
        dataset=job.model.dataset,
        frozen=job.model.frozen is not None,
        exact=job.model.frozen is not None and job.model.frozen.exact,
        digest=job.plan.digest,
        model_digest=hashlib.sha256(job.model.tflite).hexdigest(),
        elf_digest=hashlib.sha256((folder / ELF).read_bytes()).hexdigest(),
        compiler=job.compiler,
        toolchain=job.toolchain.kind,
        tinyrob=__version__,
        baud=board.console.baud,
        optimize=job.optimize,
        slim=job.slim,
        without=job.without,
        check=job.check,
        macs_removed=model.macs - sum(layer.macs for layer in layers),
        inputs=inputs,
        outputs=outputs,
        classes=job.model.classes,
        data=job.model.about.to_dict(),
        c_name=model.name,
        features=None if job.features is None else job.features.to_dict(),
        anomaly=None if (a := job.model.about.anomaly) is None else a.to_dict(),
        camera=job.scaling.to_dict() if job.app in PICTURES or job.scaling != DEFAULT else None,
        listen=job.decisions.to_dict() if job.app in SOUND else None,
        stream=job.model.stream,
        weights=RAM if board.weights_in_ram else FLASH,
        bands=model.bands,
    )


def removed_of(trim: Trim | None) -> Removed | None:
    """A trim as the manifest has it."""
    if trim is None:
        return None
    gone = set(range(trim.period)) - set(trim.kept) - set(trim.constants)
    return Removed(trim.period, tuple(trim.constants.items()), tuple(sorted(gone)))


def _signatures(pairs: tuple[tuple[Tensor, Tensor], ...]) -> tuple[Signature, ...]:
    made = []
    for inner, outer in pairs:
        grid = inner.quantization
        assert grid is not None, "a network's inputs and outputs are quantized"
        made.append(
            Signature(
                inner.sample_shape,
                grid.scale,
                grid.zero_point,
                outer.name,
                outer.dtype,
                inner.dtype,
                inner.below or 0,
            )
        )
    return tuple(made)


def with_measured_stack(board: Board, folder: BuildFolder) -> Manifest:
    """The manifest with the peak of one inference, boot included, in QEMU where that is installed
    and has the board, else in the emulator.

    Without either, or where it fails, the bound stays, and the manifest says why: a build does not
    depend on an emulator.
    """
    manifest = folder.manifest
    if manifest.app in ("none", "mlperf", *SOUND, *PICTURES):
        return manifest
    try:
        peak, where = _stack_peak(board, folder)
    except (BoardError, RunnerError, ToolMissing) as error:
        return dataclasses.replace(
            manifest, stack_source=f"{manifest.stack_source} ({error.message})"
        )
    return dataclasses.replace(
        manifest,
        ram_bytes=manifest.ram.arena + manifest.ram.static + peak,
        ram=dataclasses.replace(manifest.ram, stack=peak),
        stack_source=f"measured on {where}",
    )


def _stack_peak(board: Board, folder: BuildFolder) -> tuple[int, str]:
    """Bytes, and what measured them. Raises BoardError, RunnerError, ToolMissing."""
    from tinyrob.run import qemu
    from tinyrob.run.device import DeviceRunner
    from tinyrob.run.emulator import runner as emulator

    manifest = folder.manifest
    chosen: type[DeviceRunner]
    if board.emulator is not None and shutil.which(board.emulator.program) is not None:
        where, chosen, bench = board.emulator.program, qemu.QemuRunner, qemu.run_bench
    else:
        emulator.check_emulator(board)
        where, chosen, bench = "the emulator", emulator.EmulatorRunner, emulator.run_bench
    if manifest.app == "bench":
        return bench(board, folder.elf, manifest.macs)["stack_bytes"], where
    with chosen(folder) as runner:
        kind = Side.inputs(runner.graph).inner
        runner.run(np.zeros((1, *kind.shape), kind.dtype))
        return runner.stats().stack_peak, where
