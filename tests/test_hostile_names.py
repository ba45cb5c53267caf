"""Names that would be code in some language are names in all of them, wherever a file is written.

One network whose every name is hostile goes through each way out: C and its build, the library,
HLS, Verilog, the report, JUnit, the terminal; into a folder whose name is as bad.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from support import fpga_networks as networks
from support import results
from support.firmware import need
from support.surgery import small_network
from tinyrob.boards.read import find_board
from tinyrob.cli import fail
from tinyrob.emit.c import emit_model
from tinyrob.emit.cname import c_name
from tinyrob.emit.firmware import emit_project
from tinyrob.errors import BuildError, ModelFormatError, TinyrobError
from tinyrob.files import names, screen
from tinyrob.files.plan import BuildPlan
from tinyrob.flash.tools import TOOLS, Job
from tinyrob.frozen.io import frozen_bytes, parse_frozen
from tinyrob.frozen.model import FrozenModel
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.project import Vectors
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.report.page import page
from tinyrob.validate.gate import Check, junit

HOSTILE = (
    "\nall: ; $(shell touch pwned)\n`touch pwned`$$(touch pwned)\"';touch pwned;*/ #error pwned\n"
    "int pwned; /* ?> ??/\n\\ %s </script><script>pwned()</script> ]]> [bold red]x[/] "
    '{{ 7*7 }} [exec touch pwned] ${X} $ENV{X}\nendmodule\ninitial $system("touch pwned");\n'
    "// synthesis translate_off\r\x1b]0;pwned\x07\x00\u202e\u2028 é漢 | <b> & "
)
LONG = HOSTILE + "x" * 10_000
OUT = "o u't \"$(touch pwned)`touch pwned`;#&[x]{y} %é"
"""A folder's name. (make itself knows no colon in a target's path, and nobody a slash.)"""


def hostile_graph() -> Graph:
    graph = small_network()
    tensors = tuple(
        dataclasses.replace(tensor, name=f"{LONG if i % 2 else HOSTILE}{i}")
        for i, tensor in enumerate(graph.tensors)
    )
    return dataclasses.replace(graph, tensors=tensors, name=HOSTILE)


def hostile_model() -> FrozenModel:
    model = networks.plain()
    called = {node.name: f"{i} {HOSTILE}" for i, node in enumerate(model.nodes)}
    nodes = tuple(
        dataclasses.replace(
            node, name=called[node.name], inputs=tuple(called[name] for name in node.inputs)
        )
        for node in model.nodes
    )
    return FrozenModel(HOSTILE, nodes)


def vectors_of(model: FrozenModel) -> Vectors:
    inputs = networks.images(model, 3)
    return Vectors(inputs, interpret(to_graph(model), inputs), HOSTILE)


def written(plan: BuildPlan, tmp_path: Path) -> Path:
    """The plan in a folder with a hostile name; no file's text holds a raw control character."""
    for name, content in plan.files.items():
        if not name.endswith((".npz", ".tflite", ".tar.gz")):
            found = set(re.findall(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)", content))
            assert not found, (name, found)
        assert names.is_safe(name)
    out = tmp_path / OUT
    plan.write(out)
    return out


def nothing_ran(tmp_path: Path) -> None:
    assert not list(tmp_path.rglob("pwned*"))
    assert not list(Path.cwd().glob("pwned*"))


def test_a_tflite_with_such_names_is_read_and_its_names_are_safe() -> None:
    graph = read_tflite(write_tflite(hostile_graph()), names.safe(HOSTILE))
    for name in (graph.name, *(tensor.name for tensor in graph.tensors)):
        assert len(name.splitlines()) == 1
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", name)
        assert len(name) <= names.LONGEST + 8


def test_a_frozen_model_with_such_names_is_refused_by_name() -> None:
    with pytest.raises(ModelFormatError, match="control characters") as raised:
        parse_frozen(frozen_bytes(hostile_model()))
    assert not re.search("[\x00-\x09\x0b-\x1f]", raised.value.message)


@pytest.mark.parametrize("runtime", ["host", "board"])
def test_make_builds_it_and_runs_nothing(runtime: str, tmp_path: Path) -> None:
    need("make", "cc" if runtime == "host" else "arm-none-eabi-gcc")
    board = dataclasses.replace(find_board("mps2_an386"), title=HOSTILE, reference=HOSTILE)
    graph = hostile_graph()
    classes = [HOSTILE] * graph.tensors[graph.outputs[0]].elements
    name = c_name(HOSTILE)
    model = emit_model(graph, board.isa[0], bytes(32), name=name, classes=classes)
    out = written(emit_project(model, graph, board, "none"), tmp_path)
    target = "host" if runtime == "host" else "all"
    made = subprocess.run(["make", "-s", target], cwd=out, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    nothing_ran(tmp_path)
    library = json.loads((out / "library" / "library.json").read_text())
    assert library["name"] == name
    assert f"#define {name.upper()}_CLASS_NAMES" in (out / "model" / f"{name}.h").read_text()
    properties = (out / "library" / "library.properties").read_text().splitlines()
    assert all(re.match(r"[a-z]+=", line) for line in properties if line)
    cmake = (out / "library" / "CMakeLists.txt").read_text()
    cmake = cmake.replace(name, "net").replace(name.upper(), "NET")  # an identifier, no more
    assert "pwned" not in "".join(li for li in cmake.splitlines(True) if not li.startswith("#"))


def test_tflite_micros_wrapper_is_only_a_comment_more() -> None:
    from tinyrob.emit import ctext

    assert "*/" not in ctext.comment(HOSTILE)
    assert len(ctext.comment(LONG)) <= 60


def test_verilog_of_it_is_lint_clean_and_whole(tmp_path: Path) -> None:
    pytest.importorskip("da4ml")
    from tinyrob.rtl import tools
    from tinyrob.rtl.project import rtl_project
    from tinyrob.rtl.verilator import VerilatorRunner

    tools.find("verilator")
    model = hostile_model()
    plan = rtl_project(model, vectors_of(model))
    for name, content in plan.files.items():
        if name.endswith(".v"):
            code = re.sub(rb"//[^\n]*", b"", content)
            assert b"pwned" not in re.sub(rb"\btr_\w+|\bs\d+_\w+", b"", code), name
            orders = re.findall(rb"//\s*(?:synthesis|synopsys|verilator|pragma)[^\n]*", content)
            assert all(order.startswith(b"// verilator lint") for order in orders), name
    with contextlib.suppress(BuildError):  # Verilator's own makefiles do not take such a folder
        VerilatorRunner(written(plan, tmp_path))
    nothing_ran(tmp_path)
    plan.write(tmp_path / "plain")
    inputs = vectors_of(model).inputs
    got = VerilatorRunner(tmp_path / "plain").run(inputs).outputs
    assert np.array_equal(got, vectors_of(model).outputs)
    nothing_ran(tmp_path)


def test_the_hls_project_of_it_compiles_and_is_exact(tmp_path: Path) -> None:
    pytest.importorskip("hls4ml")
    need("g++", "make")
    from tinyrob.hls.boards import find_fpga_board
    from tinyrob.hls.csim import CsimRunner, open_project
    from tinyrob.hls.frontend import to_hls
    from tinyrob.hls.project import project
    from tinyrob.hls.schedule import plan

    model, board = hostile_model(), find_fpga_board("pynq-z2")
    network = to_hls(model)
    schedule, vectors = plan(network, board), vectors_of(model)
    out = written(project(network, schedule, board, "vitis", vectors, b""), tmp_path)
    for script in out.glob("*.tcl"):
        assert not re.search(r"\[exec touch|;touch|\$\(touch", script.read_text()), script
    got = CsimRunner(open_project(out)).run(vectors.inputs).outputs
    assert np.array_equal(got, vectors.outputs)
    nothing_ran(tmp_path)


class Elements(HTMLParser):
    """The names of a page's elements, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        assert all(not key.startswith("on") for key, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.said += data


def test_a_report_shows_it_and_nothing_runs() -> None:
    attack, build = results.attack(HOSTILE), results.build()
    attack["gate"] = {"passed": False, "checks": [
        {"name": HOSTILE, "wanted": HOSTILE, "got": HOSTILE, "passed": False}]}  # fmt: skip
    for layer in build["layers"]:
        layer["name"] = LONG
    for key in ("dataset", "suite", "reference"):
        attack[key] = HOSTILE
    attack["flags"] = [{**attack["flags"][0], "text": HOSTILE}]
    data = {"attack": attack, "build": build, "validation": None, "baselines": [], "tinyrob": "1"}
    data["estimate"] = data["detection"] = None
    html = page(data, {})
    elements = Elements()
    elements.feed(html)
    assert "script" not in elements.tags
    assert "b" not in elements.tags
    assert "<script>pwned()" in elements.said
    assert not re.search("[\x00-\x08\x0b-\x1f]", html)


def test_junit_stays_xml() -> None:
    found = junit(HOSTILE, [Check(HOSTILE, HOSTILE, HOSTILE, False)], 0.5)
    root = ElementTree.fromstring(found)
    assert "touch pwned" in root.attrib["name"]
    assert len(root) == 1


def test_a_terminal_shows_it_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table

    with pytest.raises(SystemExit):
        fail(HOSTILE, HOSTILE)
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    stream = io.StringIO()
    console = screen.console(file=stream, width=400, force_terminal=True)
    console.print(table)
    console.print(HOSTILE)
    shown = stream.getvalue()
    assert "[bold red]x[/]" in shown
    for text in (shown, capsys.readouterr().err):
        assert "\x1b]0;" not in text
        assert not re.search("[\x00-\x08\x0b-\x1a\x1c-\x1f\u202e]", text.replace("\r\n", "\n"))


@pytest.mark.parametrize("name", ["openocd", "jlink", "pyocd"])
def test_a_flash_tool_reads_no_such_path_in_a_script(name: str, tmp_path: Path) -> None:
    tool = next(tool for tool in TOOLS if tool.name == name)
    for folder in (OUT, "a} ; exec touch pwned ; {", 'a" b', "a\nb"):
        job = Job(find_board("nucleo_l4r5zi"), tmp_path / folder, None)
        with pytest.raises(TinyrobError, match="characters that mean something"):
            (tool.commands(job), tool.scripts(job))
    plain = Job(find_board("nucleo_l4r5zi"), tmp_path / "a build", None)
    assert tool.commands(plain)
