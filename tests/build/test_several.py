"""Several networks in one library: built, linked into one firmware, each exact."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import need, small
from support.listeners import listener
from support.on_board import run_library
from tinyrob.build.several import Library, library, names_of
from tinyrob.cli.build import command
from tinyrob.deployable import Deployable, from_frozen, load_model
from tinyrob.errors import BuildError, DataError
from tinyrob.features.spec import Mel
from tinyrob.ir.interp import interpret
from tinyrob.project.build_folder import open_build
from tinyrob.run.host import HostRunner

SAMPLES = 3
NAMES = ("digits", "speech", "own")


def three() -> list[Deployable]:
    return [load_model("digits-stq-jr"), load_model("speech-robust"), small()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Library]:
    need("arm-none-eabi-gcc", "make")
    out = tmp_path_factory.mktemp("several") / "out"
    return out, library(three(), "stm32", out, NAMES)


def drawn(model: Deployable) -> np.ndarray:
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    return np.random.default_rng(5).integers(-128, 128, (SAMPLES, *shape), dtype=np.int8)


def asking() -> str:
    """An application of three networks in turn, in one arena, on a board."""
    blocks = []
    for name, model in zip(NAMES, three(), strict=True):
        inputs = ", ".join(map(str, drawn(model).reshape(-1).tolist()))
        blocks.append(
            f"""
static const int8_t {name}_inputs[] = {{{inputs}}};
static void ask_{name}(void)
{{
    for (uint32_t n = 0; n < {SAMPLES}U; n++) {{
        for (uint32_t i = 0; i < {name.upper()}_INPUT_BYTES; i++) {{
            {name}_input(arena)[i] = {name}_inputs[n * {name.upper()}_INPUT_BYTES + i];
        }}
        if ({name}_invoke(arena, 0) != TR_OK || {name}_check() != TR_OK) {{
            tr_port_exit(2);
        }}
        tr_port_write((const uint8_t *){name}_output(arena), {name.upper()}_OUTPUT_BYTES);
    }}
}}
"""
        )
    return f"""#include "digits_speech_own.h"
#include "tr_port.h"
static unsigned char arena[DIGITS_SPEECH_OWN_ARENA_BYTES] __attribute__((aligned(16)));
{"".join(blocks)}
int main(void);
int main(void)
{{
    tr_port_start();
    {" ".join(f"ask_{name}();" for name in NAMES)}
    tr_port_flush();
    tr_port_exit(0);
}}
"""


def test_a_firmware_of_three_networks_is_exact_on_the_emulated_board(
    made: tuple[Path, Library], tmp_path: Path
) -> None:
    """The library's folder as it is, on an STM32F405: digits, speech and an own network."""
    out, found = made
    told = run_library(out, "stm32", asking(), tmp_path)
    expected = [interpret(model.graph, drawn(model)).tobytes() for model in three()]
    assert told == b"".join(expected)
    assert found.flash_bytes < sum(m.flash_bytes for m in found.networks.values())


def test_each_network_is_a_build_that_runners_take(made: tuple[Path, Library]) -> None:
    need("cc")
    model = small()
    with HostRunner(open_build(made[0] / "own")) as runner:
        outputs = runner.run(drawn(model)).outputs
    np.testing.assert_array_equal(
        outputs.reshape(-1), interpret(model.graph, drawn(model)).reshape(-1)
    )


def test_the_folder_of_all_names_its_networks(made: tuple[Path, Library]) -> None:
    with pytest.raises(DataError, match="holds 3 networks: digits, speech, own") as raised:
        open_build(made[0])
    assert str(made[0] / "digits") in str(raised.value.hint)


def test_headers_state_the_stack_that_the_call_graph_shows(made: tuple[Path, Library]) -> None:
    out, found = made
    for name in NAMES:
        lines = (out / "library" / "src" / f"{name}.h").read_text().splitlines()
        stack = next(line for line in lines if f"{name.upper()}_STACK_BYTES" in line).split()[2]
        assert 0 < int(stack) < found.ram.stack


def test_an_earlier_build_of_several_is_replaced(
    made: tuple[Path, Library], tmp_path: Path
) -> None:
    model = small()
    for _ in range(2):
        library([model, model], "stm32", tmp_path / "out", ("one", "two"))
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if p.is_dir()) == [
        "apps", "include", "kernels", "library", "model", "one", "ports", "proto", "two",
    ]  # fmt: skip


def test_the_verb_takes_several(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    (tmp_path / "a.tflite").write_bytes(small().tflite)
    (tmp_path / "b.tflite").write_bytes(small().tflite)
    arguments = ["--target", "stm32", "--app", "none", "--out", str(tmp_path / "out"), "--json"]
    models = [str(tmp_path / name) for name in ("a.tflite", "b.tflite")]
    ran = CliRunner().invoke(command, [*models, *arguments, "--name", "both"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert [one["c_name"] for one in found["networks"]] == ["a", "b"]
    assert (found["name"], Path(found["elf"]).is_file()) == ("both", True)
    assert (tmp_path / "out" / "library" / "src" / "both.h").is_file()


@pytest.mark.parametrize("options", [["--app", "bench"], ["--baud", "9600", "--app", "none"]])
def test_several_are_a_library_and_nothing_else(options: list[str]) -> None:
    ran = CliRunner().invoke(command, ["a", "b", "--target", "stm32", *options])
    assert ran.exit_code == 2
    assert "several networks are built as a library" in ran.output


def test_what_is_in_front_is_told_of_a_network_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "front.toml"
    file.write_text('[camera]\nfit = "pad"\n')
    options = ["a", "b", "--target", "stm32", "--app", "none", "--features"]
    ran = CliRunner().invoke(command, [*options, str(file)])
    assert ran.exit_code == 2
    assert "of several networks, each has its own --features NAME=FILE" in ran.output
    with pytest.raises(BuildError, match="names a network 'smal' that there is not") as caught:
        library([small(), small()], names=("small", "other"), fronts={"smal": file})
    assert "small" in (caught.value.hint or "")


def test_names_and_networks_go_together() -> None:
    one, two = small(), load_model("digits-stq-jr")
    assert names_of([one, two], ()) == ("small_digits_stq_jr", ["small", "digits_stq_jr"])
    assert names_of([one, two], ("lib",)) == ("lib", ["small", "digits_stq_jr"])
    assert names_of([one, two], ("a", "b")) == ("a_b", ["a", "b"])
    with pytest.raises(BuildError, match="2 networks have 3 names"):
        names_of([one, two], ("a", "b", "c"))
    with pytest.raises(BuildError, match="two networks are called 'small'"):
        names_of([one, one], ())


def test_networks_that_hear_bring_their_own_front_ends(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    features = Mel(kind="log-mel", frames=10, log2_step=-2)
    other = dataclasses.replace(listener(features), name="other")
    alone = dataclasses.replace(other, metadata={})
    told = " ".join(f"{key} = {json.dumps(value)}\n" for key, value in features.to_dict().items())
    (tmp_path / "other.toml").write_text(f'classes = ["x", "y", "z"]\n[features]\n{told}')
    made = library(
        [from_frozen(listener()), from_frozen(alone)], "stm32", tmp_path / "out",
        fronts={"other": tmp_path / "other.toml"},
    )  # fmt: skip
    assert made.networks["other"].classes == ("x", "y", "z")
    sources = tmp_path / "out" / "library" / "src"
    for name, width in (("listener", 5), ("other", 40)):
        header = (sources / f"{name}_frontend.h").read_text()
        assert f"#define {name.upper()}_FEATURES {width}" in header
        assert f"{name}_frontend_push(" in header
    assert len(list(sources.glob("*tr_fft.c"))) == 1, "what both call is there once"
