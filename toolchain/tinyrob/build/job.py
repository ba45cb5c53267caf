"""From a network to a build folder: sources, firmware, manifest. All of it or nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyrob import __version__
from tinyrob.boards.read import Board, at_speed, find_board
from tinyrob.build.fit import check_model, check_stack, overflow
from tinyrob.deployable import Deployable
from tinyrob.emit.c import CModel, emit_model
from tinyrob.emit.firmware import APPS, emit_project, parts_of
from tinyrob.errors import BoardError, BuildError, RunnerError, ToolMissing, did_you_mean
from tinyrob.files.folder import replaced
from tinyrob.files.plan import BuildPlan
from tinyrob.flash.uf2 import uf2_bytes
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Tensor
from tinyrob.network.layers import Trim
from tinyrob.passes import OPTIMIZE, Optimize
from tinyrob.project.compile import CompilerFailed, compile_firmware
from tinyrob.project.elf import firmware_sizes
from tinyrob.project.make import compiler_version, first_error, run_make
from tinyrob.project.manifest import (
    FILE,
    VERSION,
    BuildFolder,
    Flash,
    LayerCost,
    Manifest,
    Ram,
    Removed,
    Signature,
)
from tinyrob.project.stack import stack_bound
from tinyrob.project.toolchains import GCC, Toolchain, choose_toolchain
from tinyrob.run.batch import Side
from tinyrob.tflm.measure import Options, compile_error, reuse, tflm_model
from tinyrob.tflm.tree import Tree

ELF = "firmware.elf"
RUNTIMES = ("native", "tflm")


@dataclass(frozen=True)
class _Job:
    """What is built: the arguments of ``build``, looked up, and the sources."""

    model: Deployable
    target: str
    board: Board
    app: str
    runtime: str
    isa: str
    c_model: CModel
    plan: BuildPlan
    toolchain: Toolchain
    compiler: str
    tree: Tree | None
    optimize: str | None
    slim: bool


def build(
    model: Deployable,
    target: str,
    app: str = "validate",
    runtime: str = "native",
    out: Path = Path("build"),
    optimize: Optimize = "balanced",
    tflm: Options | None = None,
    baud: int | None = None,
    slim: bool = True,
    toolchain: str | None = None,
) -> Manifest:
    """Generates and compiles firmware; ``out`` then holds it, with nothing of an earlier build.

    ``optimize`` says when weights of few levels are packed (``emit_model``); ``tflm`` is what the
    runtime of that name is told; ``baud`` is the console's speed (None: the board file's);
    ``slim``: channels that are one number for every input are left out. ``toolchain`` is gcc or
    clang (None: GCC where it is installed for the board, else clang).

    The stack's peak is measured where the board has an emulator that is installed, else it is an
    upper bound (clang: what the board file gives it); ``Manifest.stack_source`` says which. Raises
    BoardError, UnsupportedModel, DoesNotFit, ToolMissing, BuildError, DataError; ``out`` is then as
    it was.
    """
    with (
        tempfile.TemporaryDirectory(prefix="tinyrob-build-") as spare,
        replaced(out, "build") as folder,
    ):
        job = _job(
            model, target, app, runtime, optimize, tflm or Options(), Path(spare), baud, slim,
            toolchain,
        )  # fmt: skip
        job.plan.write_into(folder)
        reuse(Path(spare), folder)
        _compile(job, folder)
        _write_uf2(job.board, folder)
        manifest = _manifest(job, folder)
        manifest = _with_measured_stack(job.board, BuildFolder(folder, manifest))
        (folder / FILE).write_text(manifest.to_json())
        shutil.rmtree(folder / "obj")
    return manifest


def _job(
    model: Deployable,
    target: str,
    app: str,
    runtime: str,
    optimize: Optimize,
    tflm: Options,
    spare: Path,
    baud: int | None,
    slim: bool,
    toolchain_kind: str | None,
) -> _Job:
    board = find_board(target)
    if baud is not None:
        board = at_speed(board, baud)
    if app not in APPS:
        raise BuildError(
            f"there is no app {app!r}", f"{did_you_mean(app, APPS)}apps: {', '.join(APPS)}"
        )
    if runtime not in RUNTIMES:
        raise BuildError(
            f"there is no runtime {runtime!r}",
            f"{did_you_mean(runtime, RUNTIMES)}runtimes: {', '.join(RUNTIMES)}",
        )
    isa = board.isa[0]
    if optimize not in OPTIMIZE:
        raise BuildError(
            f"nothing is optimized for {optimize!r}",
            f"{did_you_mean(optimize, OPTIMIZE)}choices: {', '.join(OPTIMIZE)}",
        )
    if runtime == "tflm" and toolchain_kind not in (None, GCC):
        raise BuildError(
            f"the runtime tflm needs a C++ library, and the toolchain {toolchain_kind} has none",
            "build with --toolchain gcc, or with --runtime native",
        )
    digest = hashlib.sha256(model.tflite).digest()
    toolchain = choose_toolchain(board, GCC if runtime == "tflm" else toolchain_kind)
    tree = None
    if runtime == "tflm":
        tree, c_model = tflm_model(model.graph, model.tflite, digest, board, tflm, spare)
        isa = "cmsis_nn" if tree.optimized else "reference"
    else:
        c_model = emit_model(model.graph, isa, digest, optimize, slim)
    check_model(model.name, c_model, board)
    packed = optimize if runtime == "native" else None
    plan = emit_project(c_model, model.graph, board, app, runtime, toolchain) | _models(model)
    compiler = compiler_version(toolchain)
    return _Job(
        model, target, board, app, runtime, isa, c_model, plan, toolchain, compiler, tree, packed,
        slim and runtime == "native",
    )  # fmt: skip


def _models(model: Deployable) -> BuildPlan:
    from tinyrob.frozen.io import frozen_bytes

    files = {"model.tflite": model.tflite}
    if model.frozen is not None:
        files["frozen.npz"] = frozen_bytes(model.frozen)
    return BuildPlan(files)


def _compile(job: _Job, folder: Path) -> None:
    if job.tree is None:
        try:
            compile_firmware(folder, parts_of(job.board, job.app, job.model.graph), job.toolchain)
            return
        except CompilerFailed as error:
            said = error.said
    else:
        made = run_make(folder, ["all", f"CROSS={job.toolchain.prefix}"])
        if made.returncode == 0:
            return
        said = made.stderr
    too_big = overflow(said, job.model.name, job.c_model, job.board)
    if too_big is not None:
        raise too_big
    if "nano.specs" in said:
        raise ToolMissing(
            f"{job.toolchain.gcc} has no C library (newlib's nano.specs)",
            f"apt-get install {job.toolchain.packages}; or, without root, --toolchain clang",
        )
    if job.tree is not None:
        raise compile_error(said, job.tree)
    raise BuildError(
        f"{job.toolchain.name} failed: {first_error(said)}",
        "generated sources always compile with GCC 10 or newer and with clang: please report it",
    )


def _write_uf2(board: Board, folder: Path) -> None:
    """firmware.uf2, for boards whose boot loader takes one."""
    if board.flashing is not None and board.flashing.uf2 is not None:
        image = (folder / "firmware.bin").read_bytes()
        start, family = board.region("code").start, board.flashing.uf2.family
        (folder / "firmware.uf2").write_bytes(uf2_bytes(image, start, family))


def _manifest(job: _Job, folder: Path) -> Manifest:
    """What the folder holds, with the stack's upper bound."""
    graph, model, board = job.model.graph, job.c_model, job.board
    inputs, outputs = _signatures(inputs_of(graph)), _signatures(outputs_of(graph))
    sizes = firmware_sizes(folder / ELF)
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
        ram_bytes=sizes.arena + sizes.static + bound,
        ram=Ram(sizes.arena, sizes.static, bound),
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
        macs_removed=model.macs - sum(layer.macs for layer in layers),
        inputs=inputs,
        outputs=outputs,
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
            Signature(inner.sample_shape, grid.scale, grid.zero_point, outer.name, outer.dtype)
        )
    return tuple(made)


def _with_measured_stack(board: Board, folder: BuildFolder) -> Manifest:
    """The manifest with the peak of one inference, boot included, in QEMU where that is installed
    and has the board, else in the emulator.

    Without either, or where it fails, the bound stays, and the manifest says why: a build does not
    depend on an emulator.
    """
    manifest = folder.manifest
    if manifest.app in ("none", "mlperf"):
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
