"""From a network to a build folder: sources, firmware, manifest. All of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from tinyrob.build.compiled import compile_job, write_uf2
from tinyrob.build.listening import decisions_of, named
from tinyrob.build.look_up import BOOT, Job, look_up
from tinyrob.build.stated import with_stack
from tinyrob.build.streaming import as_stream
from tinyrob.build.summary import manifest_of, with_measured_stack
from tinyrob.deployable import Deployable
from tinyrob.errors import BuildError
from tinyrob.features.camera import Scaling
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.folder import replaced
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.passes import Optimize
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import FILE, Manifest
from tinyrob.tflm.measure import Options, reuse


class BuildOptions(TypedDict, total=False):
    """As the arguments of ``build``."""

    app: str
    runtime: str
    optimize: Optimize
    tflm: Options
    baud: int | None
    slim: bool
    without: Sequence[str]
    toolchain: str | None
    name: str | None
    features: Features | None
    decisions: Decisions | None
    stream: int | None
    weights: str
    check: str
    scaling: Scaling | None
    classes: tuple[str, ...]
    driver: Path | None


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
    name: str | None = None,
    features: Features | None = None,
    decisions: Decisions | None = None,
    stream: int | None = None,
    without: Sequence[str] = (),
    weights: str = "flash",
    check: str = BOOT,
    scaling: Scaling | None = None,
    classes: tuple[str, ...] = (),
    driver: Path | None = None,
) -> Manifest:
    """Generates and compiles firmware; ``out`` then holds it, with nothing of an earlier build.

    ``optimize`` says when weights of few levels are packed (``emit_model``); ``tflm`` is what the
    runtime of that name is told; ``baud`` is the console's speed (None: the board file's);
    ``slim``: channels that are one number for every input are left out. ``without`` names passes
    (``tinyrob.passes.NAMES``) that are not run: the output bits are the same. ``toolchain`` is gcc
    or clang (None: GCC where it is installed for the board, else clang). ``name`` begins the
    network's symbols and files in C (None: after the model's). ``features`` are what a network that
    does not carry its own was trained on; ``decisions`` what the app ``listen`` takes for one
    (None: the default), ``scaling`` how a camera's frames come to its size; ``classes`` name the
    outputs of a network that does not. ``stream``: the axis of
    time in the input's shape without the batch, for a network that takes step after step (None:
    whole windows). ``weights``: "ram" copies its
    constants there before it starts, which is faster where the flash has to be waited for.
    ``check``: "watch" has the device look at a layer's constants with each inference, not only at
    boot and when it is asked. ``driver`` is the source of a microphone's or a camera's, for the
    apps of these names.

    The stack's peak is measured where the board has an emulator that is installed, else it is an
    upper bound (clang: what the board file gives it); ``Manifest.stack_source`` says which. Raises
    BoardError, UnsupportedModel, DoesNotFit, ToolMissing, BuildError, DataError; ``out`` is then as
    it was.
    """
    model = named(model, classes)
    if stream is not None:
        decisions = decisions or decisions_of(model)
        model = as_stream(model, stream)
    with (
        tempfile.TemporaryDirectory(prefix="tinyrob-build-") as spare,
        replaced(out, "build") as folder,
    ):
        job = look_up(
            model, target, app, runtime, optimize, tflm or Options(), Path(spare), baud, slim,
            toolchain, name, features, decisions, without, weights, check, scaling,
            None if driver is None else read_driver(driver),
        )  # fmt: skip
        return made(job, folder, Path(spare))


def read_driver(path: Path) -> bytes:
    """A driver's source. Raises BuildError."""
    try:
        return read_limited(path)
    except OSError as error:
        why = error.strerror or str(error)
    except Damaged as error:
        why = str(error)
    raise BuildError(f"{path} cannot be read: {why}", "name a driver's C file")


def made(job: Job, folder: Path, spare: Path) -> Manifest:
    """The build in an empty ``folder``; ``spare`` holds objects that measuring left."""
    job.plan.write_into(folder)
    reuse(spare, folder)
    compile_job(job, folder)
    job = with_stack(job, folder)
    write_uf2(job.board, folder)
    manifest = manifest_of(job, folder)
    manifest = with_measured_stack(job.board, BuildFolder(folder, manifest))
    (folder / FILE).write_text(manifest.to_json())
    if job.tree is None:
        shutil.rmtree(folder / "obj")
    # TFLite-Micro's objects stay, so that `make run` does not compile it again.
    return manifest
