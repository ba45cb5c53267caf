"""Compiles a build folder's sources; what went wrong is said in the user's words."""

from __future__ import annotations

from pathlib import Path

from tinyrob.boards.read import Board
from tinyrob.build.fit import overflow
from tinyrob.build.look_up import Job
from tinyrob.emit.firmware import parts_of
from tinyrob.errors import BuildError, ToolMissing
from tinyrob.flash.uf2 import uf2_bytes
from tinyrob.project import recipe
from tinyrob.project.compile import CompilerFailed, compile_firmware
from tinyrob.project.make import first_error, run_make
from tinyrob.tflm.measure import compile_error


def compile_job(job: Job, folder: Path) -> None:
    """Raises DoesNotFit, ToolMissing or BuildError with what the tools said."""
    if job.tree is None:
        try:
            compile_firmware(folder, parts_of(job.board, job.app), job.toolchain)
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
    if job.driver:
        raise BuildError(
            f"{job.toolchain.name} failed with the driver: {first_error(said)}",
            f"{recipe.DRIVER} is the file that was given with --driver; it defines the functions "
            "of tr_microphone.h or tr_camera.h, with no warning of -Wall, -Wextra and -Wconversion",
        )
    raise BuildError(
        f"{job.toolchain.name} failed: {first_error(said)}",
        "generated sources always compile with GCC 10 or newer and with clang: please report it",
    )


def write_uf2(board: Board, folder: Path) -> None:
    """firmware.uf2, for boards whose boot loader takes one."""
    if board.flashing is not None and board.flashing.uf2 is not None:
        image = (folder / "firmware.bin").read_bytes()
        start, family = board.region("code").start, board.flashing.uf2.family
        (folder / "firmware.uf2").write_bytes(uf2_bytes(image, start, family))
