"""The header of a network: what it promises, in C and in C++, holds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support import libraries
from support.firmware import need
from support.libraries import STRICT, archive, asked, expected, objects
from tinyrob import __version__
from tinyrob.data import digits, to_int8
from tinyrob.data.units import Units
from tinyrob.deployable import load_model
from tinyrob.emit.border import conversions_of, float_literal
from tinyrob.emit.cname import c_name, check_names
from tinyrob.errors import BuildError
from tinyrob.ir.border import dequantized
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret

CLASSES = ("yes", 'a "quoted" one', "größe ?\\", "no", "00")
THREADS = """#include <pthread.h>
#include <string.h>
#include "net.h"
static unsigned char arenas[2][NET_ARENA_BYTES] __attribute__((aligned(16)));
static signed char outputs[2][NET_OUTPUT_BYTES];
static void *work(void *which)
{
    const int me = *(const int *)which;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < NET_INPUT_BYTES; i++) {
            net_input(arenas[me])[i] = (signed char)(7 * (i + me) % 251 - 125);
        }
        if (net_invoke(arenas[me], 0) != TR_OK) {
            return which;
        }
        memcpy(outputs[me], net_output(arenas[me]), sizeof outputs[me]);
    }
    return 0;
}
#include <stdio.h>
int main(void)
{
    static const int which[2] = {0, 1};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], 0, work, (void *)&which[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], 0);
        for (int k = 0; k < NET_OUTPUT_BYTES; k++) {
            printf("%d ", outputs[i][k]);
        }
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Graph]:
    """A library called ``net``: its sources, its archive, its graph."""
    where = tmp_path_factory.mktemp("net")
    graph = libraries.two()[0]
    source = libraries.library(where / "net", [libraries.part(graph, "net", CLASSES)], "net")
    return source, archive(objects(source, where / "o"), where / "libnet.a"), graph


def run(net: tuple[Path, Path, Graph], tmp_path: Path, text: str, compiler: str = "g++") -> str:
    need(compiler)
    source, whole, _ = net
    main, out = tmp_path / ("main.cpp" if compiler == "g++" else "main.c"), tmp_path / "program"
    main.write_text(text)
    command = [compiler, *STRICT, "-I", source, main, whole, "-o", out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return subprocess.check_output([out], text=True)


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_macros_say_what_the_network_is(
    net: tuple[Path, Path, Graph], compiler: str, tmp_path: Path
) -> None:
    graph = net[2]
    source, sink = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    text = """#include <stdio.h>
#include "net.h"
int main(void)
{
    static const int shape[NET_INPUT_RANK] = NET_INPUT_SHAPE;
    static const char *const names[NET_CLASSES] = NET_CLASS_NAMES;
    printf("%d %d %d\\n", shape[0], shape[1], shape[2]);
    printf("%.9g %d\\n", (double)NET_INPUT_SCALE, NET_INPUT_ZERO_POINT);
    printf("%.9g %d\\n", (double)NET_OUTPUT_SCALE, NET_OUTPUT_ZERO_POINT);
    printf("%s %s %d\\n", NET_VERSION, NET_DIGEST, net_digest[15]);
    for (int i = 0; i < NET_CLASSES; i++) {
        printf("%s\\n", names[i]);
    }
    return 0;
}
"""
    lines = run(net, tmp_path, text, compiler).splitlines()
    grid, out = source.quantization, sink.quantization
    assert grid is not None
    assert out is not None
    assert lines[0] == " ".join(map(str, source.sample_shape))
    assert lines[1] == f"{np.float32(grid.scale):.9g} {grid.zero_point}"
    assert lines[2] == f"{np.float32(out.scale):.9g} {out.zero_point}"
    version, digest, last = lines[3].split()
    assert (version, int(digest[30:], 16)) == (__version__, int(last))
    assert tuple(lines[4:]) == CLASSES


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_one_call_gives_class_and_score(
    net: tuple[Path, Path, Graph], compiler: str, tmp_path: Path
) -> None:
    graph = net[2]
    shape = graph.tensors[graph.inputs[0]].sample_shape
    real = np.linspace(-1.2, 1.2, int(np.prod(shape))).astype(np.float32)
    text = f"""#include <stdio.h>
#include "net.h"
static unsigned char arena[NET_ARENA_BYTES] __attribute__((aligned(16)));
int main(void)
{{
    static const float real[NET_INPUT_BYTES] = {{{", ".join(map(float_literal, real))}}};
    signed char input[NET_INPUT_BYTES];
    float values[NET_OUTPUT_BYTES];
    int32_t best = -1;
    signed char score = 0;
    net_quantize(real, input);
    printf("%d ", (int)net_predict(arena, input, &best, &score));
    printf("%d %d %d ", (int)best, score, (int)net_argmax(arena));
    net_dequantize(net_output(arena), values);
    for (int i = 0; i < NET_OUTPUT_BYTES; i++) {{
        printf("%.9g ", (double)values[i]);
    }}
    return 0;
}}
"""
    status, best, score, again, *values = run(net, tmp_path, text, compiler).split()
    scaled = real.astype(np.float32) / np.float32(2.0**-7)
    rounded = np.trunc(scaled.astype(np.float64) + np.copysign(0.5, scaled))
    inputs = np.clip(rounded, -128, 127).astype(np.int8).reshape(1, *shape)
    outputs = interpret(graph, inputs).reshape(-1)
    assert (int(status), int(best), int(score)) == (0, outputs.argmax(), outputs.max())
    assert int(again) == int(best)
    wanted = dequantized(graph.tensors[graph.outputs[0]], outputs)
    assert [np.float32(value) for value in values] == list(wanted)


SENSORS = {
    "one grid": Units((-4,), (0.0,), (), ("g",)),
    "a grid a channel": Units((-4, 1), (1.0, -250.0), ("x", "*/"), ('"/*', "deg/s")),
}


@pytest.mark.parametrize("units", SENSORS.values(), ids=SENSORS)
def test_a_sensors_values_lie_on_the_grid_that_the_network_learned(
    units: Units, tmp_path: Path
) -> None:
    graph = libraries.two()[0]
    made = libraries.library(tmp_path / "l", [libraries.part(graph, "net", (), units)], "net")
    shape = graph.tensors[graph.inputs[0]].sample_shape
    dice, count = np.random.default_rng(0), int(np.prod(shape))
    values = units.values(dice.integers(-140, 140, (1, *shape)))
    # Between the steps, on their middles, beyond the ends.
    values = (values + units.step * dice.choice([-0.5, 0.0, 0.5, 0.3], values.shape)).astype("f4")
    whole = archive(objects(made, tmp_path / "o"), tmp_path / "libnet.a")
    text = f"""#include <stdio.h>
#include "net.h"
int main(void)
{{
    static const float real[{count}] = {{{", ".join(map(float_literal, values.reshape(-1)))}}};
    signed char input[NET_INPUT_BYTES];
    net_quantize_sensor(real, input);
    for (int i = 0; i < NET_INPUT_BYTES; i++) {{
        printf("%d ", input[i]);
    }}
    return 0;
}}
"""
    found = [int(word) for word in run((made, whole, graph), tmp_path, text, "gcc").split()]
    assert found == units.quantize(values).reshape(-1).tolist()
    assert {-128, 127} <= set(found)


def test_channels_that_are_not_the_networks_are_not_the_headers() -> None:
    graph = libraries.two()[0]
    names = [one.name for one in conversions_of(graph, Units((0,) * 7, (0.0,) * 7))]
    assert names == [one.name for one in conversions_of(graph)]


def test_misuse_is_answered_with_a_status(net: tuple[Path, Path, Graph], tmp_path: Path) -> None:
    text = """#include <cstdio>
#include "net.h"
static unsigned char arena[NET_GUARDED_BYTES + 16] __attribute__((aligned(16)));
int main()
{
    int32_t best = 7;
    signed char score = 7, input[NET_INPUT_BYTES] = {};
    const auto say = [](int32_t status) { std::printf("%d ", int(status)); };
    say(net_invoke(arena + 8, nullptr));
    say(net_invoke(nullptr, nullptr));
    say(net_predict(arena + 1, input, &best, &score));
    say(best);
    say(net_guarded(arena));
    say(net_guard(arena + 4));
    say(net_guard(arena));
    say(net_guarded(arena));
    say(net_predict(arena, input, &best, &score));
    say(net_guarded(arena));
    arena[NET_GUARDED_BYTES - 1] ^= 1;
    say(net_guarded(arena));
    say(net_check());
    say(net_check_sha256());
}
"""
    found = [int(word) for word in run(net, tmp_path, text).split()]
    assert found == [-1, -1, -1, 7, -2, -1, 0, 0, 0, 0, -2, 0, 0]


@pytest.mark.parametrize("checks", ["-fsanitize=thread", "-O2"])
def test_two_threads_with_an_arena_each_run_at_one_time(checks: str, tmp_path: Path) -> None:
    need("gcc")
    graph = libraries.two()[0]
    source = libraries.library(tmp_path / "net", [libraries.part(graph, "net")], "net")
    made = objects(source, tmp_path / "o", checks)
    main = tmp_path / "main.c"
    main.write_text(THREADS)
    out = tmp_path / "program"
    command = ["gcc", checks, "-pthread", "-I", source, main, *made, "-o", out]
    subprocess.run(command, check=True)
    # Without randomized addresses: the sanitizer's shadow has fixed places.
    done = subprocess.run(["setarch", "-R", out], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found = [int(word) for word in done.stdout.split()]
    shape = graph.tensors[graph.inputs[0]].sample_shape
    for me, got in enumerate((found[: len(found) // 2], found[len(found) // 2 :])):
        values = (7 * (np.arange(np.prod(shape)) + me) % 251 - 125).astype(np.int8)
        assert got == list(interpret(graph, values.reshape(1, *shape)).reshape(-1))


def test_the_pages_example_compiles_and_names_a_digit(tmp_path: Path) -> None:
    need("gcc")
    page = Path(__file__).parents[2] / "docs" / "how-to" / "c-library.md"
    example = re.search(r"```c\n(.*?)```", page.read_text(), re.DOTALL)
    assert example is not None
    model = load_model("digits-stq-jr")
    part = libraries.part(model.graph, "digits", model.classes)
    source = libraries.library(tmp_path / "digits", [part], "digits")
    data = digits.load()
    pixels = ", ".join(map(str, data.x_test[0].reshape(-1)))
    main = tmp_path / "main.c"
    main.write_text(
        f"{example[1]}\n#include <stdio.h>\nint main(void)\n{{\n"
        f"    static const unsigned char pixels[] = {{{pixels}}};\n"
        "    puts(look(pixels));\n    return 0;\n}\n"
    )
    out = tmp_path / "program"
    made = objects(source, tmp_path / "o")
    subprocess.run(["gcc", "-std=c99", "-Wall", "-I", source, main, *made, "-o", out], check=True)
    found = interpret(model.graph, to_int8(data.x_test[:1])).reshape(-1).argmax()
    assert subprocess.check_output([out], text=True).strip() == str(found)


def test_a_stranger_uses_it_under_strict_flags(
    net: tuple[Path, Path, Graph], tmp_path: Path
) -> None:
    text = f'#include <stdio.h>\n#include "net.h"\n{asked("net")}'
    text += "int main(void) { ask_net(); return 0; }\n"
    found = run(net, tmp_path, text, "gcc")
    assert [int(word) for word in found.split()] == expected(net[2])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("digits-stq-jr", "digits_stq_jr"), ("7 Up/v2", "n7_up_v2"), ("string", "string_net"),
        ("größe", "gr_e"), ("", "n"), ("tr_model", "tr_model_net"), ("x" * 99, "x" * 40),
    ],
)  # fmt: skip
def test_a_model_gets_a_name_that_c_takes(text: str, name: str) -> None:
    assert c_name(text) == name
    check_names([name])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["7up"], "'7up' is no name of at most 40 letters"),
        (["a__b"], "no name"),
        (["x" * 41], "no name"),
        (["Math"], "'Math' is what a compiler's or a build system's own is called"),
        (["net", "NET"], "two networks are called"),
        (["a", "a_weights"], "'a_weights' and 'a' would have files of one name"),
    ],
)
def test_names_that_would_not_do_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(BuildError) as raised:
        check_names(names)
    assert words in raised.value.message
    assert "--name" in str(raised.value.hint)


def test_all_bad_names_are_told_at_once() -> None:
    with pytest.raises(BuildError) as raised:
        check_names(["7", "math", "ok"])
    assert "'7'" in raised.value.message
    assert "'math'" in raised.value.message
