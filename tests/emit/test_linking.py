"""Libraries beside each other: built apart or together, each network gives its own bits."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support import libraries
from support.firmware import need
from support.libraries import STRICT, archive, asked, expected, objects
from support.native import HOST_ISAS, gcc, kernels
from tinyrob.emit.library import public_functions
from tinyrob.files import resources

MAIN = """#include <stdio.h>
{includes}
{functions}
int main(void)
{{
    {calls}
    return 0;
}}
"""
CMAKE = """cmake_minimum_required(VERSION 3.13)
project(app {language})
add_subdirectory(one)
add_subdirectory(two)
add_executable(program {main})
target_link_libraries(program PRIVATE first second)
"""


def program(*names: str) -> str:
    return MAIN.format(
        includes="\n".join(f'#include "{name}.h"' for name in names),
        functions="".join(map(asked, names)),
        calls=" ".join(f"ask_{name}();" for name in names),
    )


def printed(path: Path) -> list[int]:
    return [int(word) for word in subprocess.check_output([path], text=True).split()]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path], list[list[Path]]]:
    """Two libraries that know nothing of each other: where, their sources, their objects."""
    where = tmp_path_factory.mktemp("apart")
    sources = []
    for folder, graph, name in zip(("a", "b"), libraries.two(), ("first", "second"), strict=True):
        sources.append(libraries.library(where / folder, [libraries.part(graph, name)], name))
    return where, sources, [objects(s, where / f"o{i}") for i, s in enumerate(sources)]


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize("how", ["objects", "archives"])
def test_two_libraries_built_apart_link_together(
    apart: tuple[Path, list[Path], list[list[Path]]], language: str, how: str, tmp_path: Path
) -> None:
    need("gcc", "g++")
    _, sources, made = apart
    main, out = tmp_path / f"main.{language}", tmp_path / "program"
    main.write_text(program("first", "second"))
    parts = [path for one in made for path in one]
    if how == "archives":
        parts = [archive(one, tmp_path / f"lib{i}.a") for i, one in enumerate(made)]
    compiler = "gcc" if language == "c" else "g++"
    includes = [flag for source in sources for flag in ("-I", source)]
    subprocess.run([compiler, *STRICT, *includes, main, *parts, "-o", out], check=True)
    assert printed(out) == [value for graph in libraries.two() for value in expected(graph)]


@pytest.mark.parametrize("language", ["C", "CXX"])
def test_cmake_takes_two_libraries_side_by_side(
    apart: tuple[Path, list[Path], list[list[Path]]], language: str, tmp_path: Path
) -> None:
    need("cmake", "make", "g++")
    where, _, _ = apart
    for name, folder in (("one", "a"), ("two", "b")):
        (tmp_path / name).symlink_to(where / folder / "library")
    main = "main.c" if language == "C" else "main.cpp"
    (tmp_path / main).write_text(program("first", "second"))
    (tmp_path / "CMakeLists.txt").write_text(CMAKE.format(language=language, main=main))
    for command in (["-S", ".", "-B", "out"], ["--build", "out", "-j2"]):
        done = subprocess.run(["cmake", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    found = printed(tmp_path / "out" / "program")
    assert found == [value for graph in libraries.two() for value in expected(graph)]


def test_a_header_of_another_build_does_not_link(
    apart: tuple[Path, list[Path], list[list[Path]]], tmp_path: Path
) -> None:
    """The same name, the same shapes, other weights: as after a new training."""
    _, sources, made = apart
    other = libraries.part(libraries.two()[0], "first")
    text = other.model.plan.files["model/first.h"].decode()
    tag = re.search(r"first_invoke_([0-9a-f]{8})$", text, re.MULTILINE)
    assert tag is not None
    (tmp_path / "first.h").write_text(text.replace(tag[1], "0123abcd"))
    main = tmp_path / "main.c"
    main.write_text(program("first"))
    whole = archive(made[0], tmp_path / "lib.a")
    done = subprocess.run(
        ["gcc", "-I", tmp_path, "-I", sources[0], main, whole, "-o", tmp_path / "program"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "undefined reference to `first_invoke_0123abcd'" in done.stderr


def test_two_archives_of_one_name_each_run_their_own(tmp_path: Path) -> None:
    """Nobody named them: the linker still never takes one's weights for the other's."""
    parts, mains = [], []
    for folder, graph in zip(("a", "b"), libraries.two(), strict=True):
        source = libraries.library(tmp_path / folder, [libraries.part(graph, "net")], "net")
        parts.append(archive(objects(source, tmp_path / f"o{folder}"), tmp_path / f"{folder}.a"))
        text = f'#include <stdio.h>\n#include "net.h"\nvoid {folder}(void);\n{asked("net")}'
        main = tmp_path / f"{folder}.c"
        main.write_text(f"{text}\nvoid {folder}(void) {{ ask_net(); }}\n")
        mains.append(tmp_path / f"main_{folder}.o")
        gcc("-I", source, "-c", main, "-o", mains[-1])
    last = tmp_path / "main.c"
    last.write_text("void a(void); void b(void); int main(void) { a(); b(); return 0; }\n")
    gcc(last, *mains, *parts, "-o", tmp_path / "program")
    found = printed(tmp_path / "program")
    assert found == [value for graph in libraries.two() for value in expected(graph)]


def test_networks_built_together_share_their_kernels(tmp_path: Path) -> None:
    parts = [
        libraries.part(graph, name)
        for graph, name in zip(libraries.two(), ("first", "second"), strict=True)
    ]
    source = libraries.library(tmp_path / "both", parts, "both")
    made = objects(source, tmp_path / "o")
    main = tmp_path / "main.c"
    main.write_text(program("first", "second").replace('#include "first.h"', '#include "both.h"'))
    gcc("-I", source, main, *made, "-o", tmp_path / "program")
    found = printed(tmp_path / "program")
    assert found == [value for graph in libraries.two() for value in expected(graph)]
    names = subprocess.check_output(["nm", "-g", "--defined-only", *made], text=True)
    defined = re.findall(r" [TRDBC] (\w+)$", names, re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert all(re.match(r"(first|second|both)_", name) for name in defined)
    assert sum("tr_fully_connected_s8" in name for name in defined) == 1


def test_a_library_knows_all_that_its_kernels_define() -> None:
    names = subprocess.check_output(["nm", "-g", "--defined-only", kernels()[1]], text=True)
    defined = set(re.findall(r" [TRDBC] (\w+)$", names, re.MULTILINE))
    sources = resources.firmware() / "kernels"
    found = [
        name
        for isa in HOST_ISAS
        for path in (sources / isa).glob("*.c")
        for name in public_functions(path.read_text())
    ]
    assert sorted(found) == sorted(defined)


def test_nothing_global_is_written(apart: tuple[Path, list[Path], list[list[Path]]]) -> None:
    """No .data, no .bss: the arena is all that a network writes."""
    for made in apart[2]:
        sections = subprocess.check_output(["size", "-A", *made], text=True)
        sizes = re.findall(r"^\.t?(?:data|bss) +(\d+)", sections, re.MULTILINE)
        assert len(sizes) >= 2 * len(made)
        assert set(sizes) == {"0"}
