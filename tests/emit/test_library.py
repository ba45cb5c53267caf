"""The app none: a folder that build systems take as a library, and an example that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, need
from support.native import gcc
from tinyrob import __version__
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite


@pytest.fixture(scope="module")
def library() -> Path:
    return built("none").path / "library"


def expected_status() -> int:
    """What the example's process ends with: the first output for an input of zeros."""
    folder = built("none")
    graph = read_tflite(folder.tflite.read_bytes())
    zeros = np.zeros((1, *folder.manifest.input.shape), np.int8)
    return int(interpret(graph, zeros).reshape(-1)[0]) & 0xFF


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_folder_compiles_with_one_include_path_and_the_example_runs(
    library: Path, tmp_path: Path
) -> None:
    sources = sorted((library / "src").glob("*.c"))
    program = tmp_path / "example"
    main = library / "examples" / "inference" / "main.c"
    gcc("-std=c99", "-Wall", "-Werror", "-O1", "-I", library / "src", *sources, main, "-o", program)
    assert subprocess.run([program]).returncode == expected_status()


LOOKS = r"""#include "small.h"
#include "tr_image.h"

__asm__(".text\n.ascii \"code that nobody runs\"\n.balign 16\n");

int main(void)
{
    if (tr_image_sealed() == 0u) {
        return 2;
    }
    return tr_image_crc32() == tr_image_sealed() ? 0 : 1;
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="an ELF program that is not moved")
def test_a_firmware_of_ones_own_looks_at_its_code_with_what_is_in_extras(
    library: Path, tmp_path: Path
) -> None:
    whole, program, main = library / "extras" / "whole", tmp_path / "program", tmp_path / "main.c"
    main.write_text(LOOKS)
    sources = [main, whole / "tr_image.c", *sorted((library / "src").glob("*.c"))]
    folders = ["-I", library / "src", "-I", whole]
    gcc("-std=c99", "-Wall", "-Werror", "-fno-pie", *folders, *sources, "-no-pie", "-o", program)
    assert subprocess.run([program]).returncode == 2, "nobody has sealed it"
    run(sys.executable, "-I", whole / "seal.py", program, cwd=tmp_path)
    assert subprocess.run([program]).returncode == 0
    flipped = bytearray(program.read_bytes())
    flipped[flipped.index(b"code that nobody runs")] ^= 1
    program.write_bytes(flipped)
    assert subprocess.run([program]).returncode == 1, "a bit of its code"


CMAKE = """cmake_minimum_required(VERSION 3.13)
project(app C)
{before}
add_subdirectory({library} library)
add_executable(example {library}/examples/inference/main.c)
target_link_libraries(example PRIVATE small)
"""
# What Zephyr's build calls, as far as the module uses it.
ZEPHYR = """set(ZEPHYR_BASE /zephyr)
macro(zephyr_library_named name)
  set(current ${name})
  add_library(${name} STATIC)
endmacro()
macro(zephyr_library_sources)
  target_sources(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_compile_options)
  target_compile_options(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_include_directories)
  target_include_directories(${current} PUBLIC ${ARGN})
endmacro()
"""
# The same of ESP-IDF's: a component is a library of its sources, with its folders to include.
ESP_IDF = """set(ESP_PLATFORM 1)
macro(idf_component_register)
  cmake_parse_arguments(_ "" "" "SRCS;INCLUDE_DIRS" ${ARGN})
  set(COMPONENT_LIB small)
  add_library(${COMPONENT_LIB} STATIC ${__SRCS})
  target_include_directories(${COMPONENT_LIB} PUBLIC ${__INCLUDE_DIRS})
endmacro()
"""


@pytest.mark.parametrize("before", ["", ZEPHYR, ESP_IDF], ids=["cmake", "zephyr", "esp-idf"])
def test_cmake_zephyr_and_esp_idf_take_it(library: Path, tmp_path: Path, before: str) -> None:
    need("cmake", "make", "cc")
    text = CMAKE.format(library=library, before=before)
    (tmp_path / "CMakeLists.txt").write_text(text)
    run("cmake", "-S", ".", "-B", "out", cwd=tmp_path)
    run("cmake", "--build", "out", cwd=tmp_path)
    assert subprocess.run([tmp_path / "out" / "example"]).returncode == expected_status()


def test_the_metadata_is_whole(library: Path) -> None:
    meta = json.loads((library / "library.json").read_text())
    assert (meta["name"], meta["version"]) == ("small", __version__)
    assert (library / meta["build"]["srcDir"] / meta["headers"]).is_file()
    lines = (library / "library.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    needed = "name version author maintainer sentence paragraph category url architectures"
    assert set(needed.split()) <= set(properties)
    assert (library / "src" / properties["includes"]).is_file()
    module = (library / "zephyr" / "module.yml").read_text()
    assert "cmake: ." in module
    assert (library / "CMakeLists.txt").is_file()


def test_only_the_app_none_has_it() -> None:
    assert not (built().path / "library").exists()
