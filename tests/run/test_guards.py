"""Memory that was overwritten: whatever is asked, nothing but the reason comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.firmware import copied, need
from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.make import run_make
from tinyrob.project.toolchains import toolchain_for
from tinyrob.run.device import DeviceRunner
from tinyrob.run.host import HostRunner
from tinyrob.run.qemu import QemuRunner

HARMFUL = 77
"""An input that starts with this byte breaks the network below."""
BREAKS = {
    "arena": "((int8_t *)arena)[(SMALL_ARENA_BYTES + 15) / 16 * 16] = 0;",
    "stack": "extern uint32_t tr_link_stack_low[]; tr_link_stack_low[0] = 0;",
}
ASK: dict[str, Callable[[DeviceRunner, np.ndarray], object]] = {
    "infer": lambda runner, one: runner.run(one[None]),
    "trace": lambda runner, one: runner.digests(one),
    "tensor": lambda runner, one: runner.layer(one, 0),
    "profile": lambda runner, one: runner._ask(
        lambda client: client.profile(one.tobytes(), len(runner.folder.manifest.layers))
    ),
    "stats": lambda runner, one: runner.stats(),
    "hello": lambda runner, one: runner._ask(
        lambda client: client.hello(runner.folder.model_digest)
    ),
}


def broken(path: Path, guard: str) -> BuildFolder:
    """A build folder whose network overwrites ``guard`` for a harmful input."""
    folder = copied(path)
    source = folder.path / "model" / "small.c"
    text = source.read_text()
    at = text.index("{\n", text.index("int32_t small_invoke("))
    line = f"    if (*small_input(arena) == {HARMFUL}) {{ {BREAKS[guard]} }}\n"
    source.write_text(text[: at + 2] + line + text[at + 2 :])
    return folder


@pytest.fixture(scope="module")
def broken_arena(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], DeviceRunner]:
    need("cc", "make")
    folder = broken(tmp_path_factory.mktemp("broken"), "arena")
    return lambda: HostRunner(folder)


@pytest.fixture(scope="module")
def broken_stack(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], DeviceRunner]:
    need("qemu-system-arm")
    folder = broken(tmp_path_factory.mktemp("broken"), "stack")
    toolchain = toolchain_for(find_board(folder.manifest.board))
    made = run_make(folder.path, ["firmware.elf", f"CROSS={toolchain.prefix}"])
    assert made.returncode == 0, made.stderr
    return lambda: QemuRunner(folder)


@pytest.mark.parametrize("broken", ["arena", "stack"])
@pytest.mark.parametrize("harm", ["infer", "trace", "tensor", "profile"])
def test_after_every_command_the_guards_are_looked_at(
    broken: str, harm: str, request: pytest.FixtureRequest
) -> None:
    start = request.getfixturevalue(f"broken_{broken}")
    words = {"arena": "something wrote beyond the arena", "stack": "its stack has overflowed"}
    with start() as runner:
        one = np.zeros(runner.folder.manifest.input.shape, np.int8)
        for ask in ASK.values():
            ask(runner, one)  # a harmless input harms nothing
        harmful = one.copy()
        harmful.reshape(-1)[0] = HARMFUL
        with pytest.raises(RunnerError, match=words[broken]):
            ASK[harm](runner, harmful)
        for ask in ASK.values():
            with pytest.raises(RunnerError, match=words[broken]):
                ask(runner, one)
