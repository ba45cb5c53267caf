"""Runners by name: which a build folder supports, which are installed, and opening one."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError, TinyrobError, ToolMissing, did_you_mean
from tinyrob.files.installed import install_command
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.image_crc import RTL
from tinyrob.run.base import Runner


@dataclass(frozen=True)
class Kind:
    """A runner: ``why_not`` gives the error that opening it would raise, else None.

    One that is not ``by_default`` takes long to get ready, or needs a board on the desk: it is
    compared only where it is named. So is one that ``stands_in_for`` a runner that is there.
    """

    why_not: Callable[[BuildFolder], TinyrobError | None]
    open: Callable[[BuildFolder], Runner]
    by_default: bool = True
    stands_in_for: str | None = None


def _no_keras(folder: BuildFolder) -> TinyrobError | None:
    if not folder.manifest.frozen:
        return RunnerError(
            "the build folder has no frozen model: it was built from a .tflite",
            "the runner `keras` is for models that tinyrob froze",
        )
    for module in ("tensorflow", "qkeras"):
        if importlib.util.find_spec(module) is None:
            return ToolMissing(f"{module} is not installed", install_command("train"))
    return None


def _keras(folder: BuildFolder) -> Runner:
    from tinyrob.frozen.io import load_frozen
    from tinyrob.run.keras import KerasRunner

    return KerasRunner(load_frozen(folder.frozen))


def _no_tflm(folder: BuildFolder) -> TinyrobError | None:
    if importlib.util.find_spec("tflite_micro") is None:
        return ToolMissing("tflite_micro is not installed", install_command("check"))
    if any(layer.op == "CONCATENATION" for layer in folder.manifest.layers):
        from tinyrob.ir.tflite_read import read_tflite
        from tinyrob.run.tflm import beyond_limits

        return beyond_limits(read_tflite(folder.tflite.read_bytes(), folder.manifest.model))
    return None


def _tflm(folder: BuildFolder) -> Runner:
    from tinyrob.ir.tflite_read import read_tflite
    from tinyrob.run.tflm import TflmRunner

    data = folder.tflite.read_bytes()
    return TflmRunner(data, read_tflite(data, folder.manifest.model))


def _no_firmware(folder: BuildFolder) -> TinyrobError | None:
    """Why there is no C to run: the network is hardware."""
    if folder.manifest.runtime != RTL:
        return None
    return RunnerError(
        f"{folder.path} holds Verilog for {folder.manifest.board}, and no firmware",
        "--on serial asks the board, --on verilator the simulation; `tinyrob build` makes firmware",
    )


def _no_host(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.run.host import host_compiler

    if (hardware := _no_firmware(folder)) is not None:
        return hardware
    try:
        host_compiler()
    except ToolMissing as error:
        return error
    if folder.manifest.runtime == "tflm" and shutil.which("make") is None:
        return ToolMissing("make is not on PATH", "apt-get install make")
    return None


def _host(folder: BuildFolder) -> Runner:
    from tinyrob.run.host import HostRunner

    return HostRunner(folder)


def _no_qemu(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.run.qemu import check_app, emulator_of

    if (hardware := _no_firmware(folder)) is not None:
        return hardware
    try:
        check_app(folder)
        emulator_of(find_board(folder.manifest.board))
    except TinyrobError as error:
        return error
    return None


def _qemu(folder: BuildFolder) -> Runner:
    from tinyrob.run.qemu import QemuRunner

    return QemuRunner(folder)


def _no_emulator(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.run.emulator.runner import check_emulator
    from tinyrob.run.qemu import check_app

    if (hardware := _no_firmware(folder)) is not None:
        return hardware
    try:
        check_app(folder)
        check_emulator(find_board(folder.manifest.board))
    except TinyrobError as error:
        return error
    return None


def _emulator(folder: BuildFolder) -> Runner:
    from tinyrob.run.emulator.runner import EmulatorRunner

    return EmulatorRunner(folder)


def _no_serial(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.run.qemu import check_app
    from tinyrob.run.serial import find_port

    try:
        check_app(folder)
        find_port(folder.serial)
    except TinyrobError as error:
        return error
    return None


def _serial(folder: BuildFolder) -> Runner:
    from tinyrob.run.serial import SerialRunner

    return SerialRunner(folder)


def _no_frozen(folder: BuildFolder, runner: str) -> TinyrobError | None:
    if folder.manifest.frozen:
        return None
    return RunnerError(
        "the build folder has no frozen model: it was built from a .tflite",
        f"the runner `{runner}` is for models that tinyrob froze",
    )


def _no_csim(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.hls.csim import cxx_compiler

    if importlib.util.find_spec("hls4ml") is None:
        return ToolMissing("hls4ml is not installed", install_command("hls"))
    try:
        cxx_compiler()
    except ToolMissing as error:
        return error
    return _no_frozen(folder, "csim")


def _csim(folder: BuildFolder) -> Runner:
    from tinyrob.hls.simulate import csim_of_build

    return csim_of_build(folder)


def _no_verilator(folder: BuildFolder) -> TinyrobError | None:
    from tinyrob.rtl.tools import find

    made = folder.manifest.runtime == RTL
    if not made and importlib.util.find_spec("da4ml") is None:
        return ToolMissing("da4ml is not installed", install_command("rtl"))
    try:
        find("verilator")
    except ToolMissing as error:
        return error
    return _no_frozen(folder, "verilator")


def _verilator(folder: BuildFolder) -> Runner:
    if folder.manifest.runtime == RTL:
        from tinyrob.rtl.verilator import VerilatorRunner

        return VerilatorRunner(folder.path)
    from tinyrob.rtl.export import verilator_of_build

    return verilator_of_build(folder)


RUNNERS: Mapping[str, Kind] = {
    "keras": Kind(_no_keras, _keras),
    "tflm": Kind(_no_tflm, _tflm),
    "host": Kind(_no_host, _host),
    "emulator": Kind(_no_emulator, _emulator, stands_in_for="qemu"),
    "qemu": Kind(_no_qemu, _qemu),
    "serial": Kind(_no_serial, _serial, by_default=False),
    "csim": Kind(_no_csim, _csim, by_default=False),
    "verilator": Kind(_no_verilator, _verilator, by_default=False),
}
"""In the order in which they are compared: each step nearer to silicon."""


def check_name(name: str) -> str:
    """``name``, if it is a runner's. Raises RunnerError with the nearest."""
    if not isinstance(name, str) or name not in RUNNERS:  # a script may give a list
        did = did_you_mean(str(name), RUNNERS)
        raise RunnerError(f"there is no runner {name!r}", f"{did}runners: {', '.join(RUNNERS)}")
    return name


def check_runner(name: str, folder: BuildFolder) -> None:
    """Raises RunnerError for an unknown name, and why the runner is not to be had."""
    why_not = RUNNERS[check_name(name)].why_not(folder)
    if why_not is not None:
        raise why_not


def open_runner(name: str, folder: BuildFolder) -> Runner:
    """A runner of a build folder, to be used in a ``with`` block.

    Raises RunnerError for an unknown name, and why the runner is not to be had.
    """
    check_runner(name, folder)
    return RUNNERS[name].open(folder)


def available(folder: BuildFolder) -> tuple[list[str], dict[str, str]]:
    """The runners compared by default, and for each other one of these why it is not to be had."""
    reasons = {name: kind.why_not(folder) for name, kind in RUNNERS.items() if kind.by_default}
    for name, kind in RUNNERS.items():
        if kind.stands_in_for is not None and reasons[kind.stands_in_for] is None:
            del reasons[name]
    left_out = {name: error.message for name, error in reasons.items() if error is not None}
    return [name for name, error in reasons.items() if error is None], left_out
