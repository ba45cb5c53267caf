"""What is built: the arguments of ``build``, looked up and checked, and the sources."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinyrob.boards.read import Board, at_speed, find_board
from tinyrob.build.fit import check_model, with_room, with_weights_in_ram
from tinyrob.build.listening import (
    PICTURES,
    SOUND,
    check_sensor,
    decisions_of,
    emit_camera,
    emit_sound,
    features_of,
    scaling_of,
)
from tinyrob.deployable import Deployable
from tinyrob.emit.c import CModel, emit_model
from tinyrob.emit.cname import c_name, check_names
from tinyrob.emit.firmware import APPS, emit_project
from tinyrob.errors import BuildError, did_you_mean
from tinyrob.features.camera import DEFAULT, Scaling
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.plan import BuildPlan
from tinyrob.passes import NAMES, OPTIMIZE, Optimize
from tinyrob.project.build_folder import WINDOW
from tinyrob.project.make import compiler_version
from tinyrob.project.toolchains import GCC, Toolchain, choose_toolchain
from tinyrob.tflm.measure import Options, tflm_model
from tinyrob.tflm.tree import Tree

RUNTIMES = ("native", "tflm")
FLASH, RAM = MEMORIES = ("flash", "ram")
"""Where a network's constants are as it runs."""
BOOT, WATCH = "boot", "watch"
CHECKS = (BOOT, WATCH)
"""When a device looks at its flash: at boot and when it is asked; or with each inference, too."""
WATCHING = ("validate", *SOUND, *PICTURES)
"""The apps that can."""


@dataclass(frozen=True)
class Job:
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
    features: Features | None
    decisions: Decisions
    without: tuple[str, ...] = ()
    check: str = BOOT
    scaling: Scaling = DEFAULT
    driver: bool = False


def look_up(
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
    name: str | None = None,
    features: Features | None = None,
    decisions: Decisions | None = None,
    without: Sequence[str] = (),
    weights: str = FLASH,
    check: str = BOOT,
    scaling: Scaling | None = None,
    driver: bytes | None = None,
) -> Job:
    """``name`` is the network's in C (None: after the model's). ``without`` names passes;
    ``weights``: in which of ``MEMORIES`` the network's constants are as it runs; ``driver``: the
    source of a sensor's.

    Raises BoardError, BuildError, UnsupportedModel, DoesNotFit, ToolMissing; nothing is written
    but what measures TFLite-Micro's arena, into ``spare``."""
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
    if board.library_only and (app != "none" or runtime != "native"):
        raise BuildError(
            f"{target} is built as a library for its own SDK, not as a firmware",
            "build with --app none; a firmware can be had for an emulated board of its core",
        )
    if weights not in MEMORIES:
        raise BuildError(
            f"weights lie in no memory {weights!r}",
            f"{did_you_mean(weights, MEMORIES)}choices: {', '.join(MEMORIES)}",
        )
    if weights != FLASH and app == "none":
        raise BuildError(
            "a library's weights lie where the linker script of your program puts them",
            "put the constants of library/src/*_weights.c into a section that your startup copies",
        )
    isa = board.isa[0]
    if optimize not in OPTIMIZE:
        raise BuildError(
            f"nothing is optimized for {optimize!r}",
            f"{did_you_mean(optimize, OPTIMIZE)}choices: {', '.join(OPTIMIZE)}",
        )
    if check not in CHECKS:
        raise BuildError(
            f"there is no check {check!r}", f"{did_you_mean(check, CHECKS)}{', '.join(CHECKS)}"
        )
    if check == WATCH and (app not in WATCHING or runtime != "native"):
        raise BuildError(
            f"the app {app} of the runtime {runtime} does not watch its flash",
            f"build generated C with --app {', '.join(WATCHING[:-1])} or {WATCHING[-1]}; of a "
            "library, call NAME_watch with each inference",
        )
    for unknown in sorted(set(without) - set(NAMES)):
        raise BuildError(
            f"there is no pass {unknown!r}",
            f"{did_you_mean(unknown, NAMES)}passes: {', '.join(NAMES)}",
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
        name = c_name(model.name) if name is None else name
        check_names([name])
        c_model = emit_model(
            model.graph,
            isa,
            digest,
            optimize,
            slim,
            name,
            model.classes,
            units=model.about.sensor,
            anomaly=model.about.anomaly,
            stream=model.stream,
            without=without,
        )
    features = features_of(model, features)
    scaling = scaling_of(model, scaling)
    decisions = decisions or decisions_of(model, features)
    check_sensor(board, app, features, driver)
    if driver is not None:
        board = replace(board, microphone=None)
    if app in (*SOUND, *PICTURES) and model.about.anomaly is not None:
        raise BuildError(
            f"the app {app} tells classes, and {model.name} detects anomalies",
            "build with --app none: NAME_predict gives score and verdict",
        )
    if app in (*SOUND, *PICTURES) and runtime != "native":
        raise BuildError(f"the app {app} is for generated C", "build with --runtime native")
    sound = BuildPlan()
    if runtime == "native":
        sound = emit_sound(model, features, app, decisions, c_model.name)
        sound |= emit_camera(model, scaling, c_model.name, app)
    c_model = replace(c_model, plan=c_model.plan | sound)
    board = with_room(c_model, board)
    check_model(model.name, c_model, board)
    if weights != FLASH:
        board = with_weights_in_ram(model.name, c_model, board)
    packed = optimize if runtime == "native" else None
    watch = check == WATCH
    plan = emit_project(c_model, model.graph, board, app, runtime, toolchain, watch, driver)
    plan |= _models(model)
    compiler = compiler_version(toolchain)
    return Job(
        model, target, board, app, runtime, isa, c_model, plan, toolchain, compiler, tree, packed,
        slim and runtime == "native", features, decisions,
        tuple(sorted(set(without))) if runtime == "native" else (), check, scaling,
        driver is not None,
    )  # fmt: skip


def _models(model: Deployable) -> BuildPlan:
    from tinyrob.frozen.io import frozen_bytes

    files = {"model.tflite": model.tflite}
    if model.window is not None:
        files[WINDOW] = model.window
    if model.frozen is not None:
        files["frozen.npz"] = frozen_bytes(model.frozen)
    return BuildPlan(files)
