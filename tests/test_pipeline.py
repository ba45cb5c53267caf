"""The front door in Python: from a name to firmware, validation and attack; and each mistake."""

from __future__ import annotations

import dataclasses
import doctest
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinyrob
from support.firmware import need, small
from tinyrob.data import digits, to_int8
from tinyrob.errors import (
    BoardError,
    CheckFailed,
    DataError,
    ModelFormatError,
    RunnerError,
    TinyrobError,
)
from tinyrob.ir.interp import interpret

PAGE = 120
SOURCE = Path(tinyrob.__file__).parent


@pytest.fixture(scope="module")
def model() -> tinyrob.Model:
    return tinyrob.load("digits-stq-jr")


@pytest.fixture(scope="module")
def build(model: tinyrob.Model) -> tinyrob.Build:
    need("arm-none-eabi-gcc", "make")
    return model.build("stm32")


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    dataset = digits.load()
    return to_int8(dataset.x_test)[:40], dataset.y_test[:40]


@pytest.fixture(scope="module")
def found(build: tinyrob.Build, data: tuple[np.ndarray, np.ndarray]):
    need("cc")
    return build.validate(on=["tflm", "host"], inputs=data[0], labels=data[1])


@pytest.fixture(scope="module")
def plain() -> tinyrob.Build:
    """Of a network without a frozen model, whose reference is TFLite Micro."""
    need("arm-none-eabi-gcc", "cc", "make")
    return tinyrob.Model(**vars(small())).build("stm32")


def python(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_loads_one_file_of_tinyrob_and_nothing_that_is_installed() -> None:
    program = (
        "import sys; before = set(sys.modules); import tinyrob; dir(tinyrob)\n"
        "print(sorted(m for m in set(sys.modules) - before if m not in sys.stdlib_module_names"
        " and m.partition('.')[0] not in sys.stdlib_module_names))"
    )
    assert python(program) == "['tinyrob']"


def test_the_front_door_loads_no_tensorflow() -> None:
    program = "import sys, tinyrob; tinyrob.load(); print('tensorflow' in sys.modules)"
    assert python(program) == "False"


def test_every_public_name_is_there_whatever_was_imported_before() -> None:
    for name in tinyrob.__all__:
        assert getattr(tinyrob, name) is not None
    program = (
        "import tinyrob.pipeline, tinyrob.cli.train, tinyrob.training.session, tinyrob, types\n"
        "print([n for n in tinyrob.__all__ if n != 'errors'"
        " and isinstance(getattr(tinyrob, n), types.ModuleType)])"
    )
    assert python(program) == "[]"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        tinyrob.lode  # noqa: B018


def test_the_pipeline_is_one_page() -> None:
    assert len((SOURCE / "pipeline.py").read_text(encoding="utf-8").splitlines()) <= PAGE


@pytest.mark.parametrize("noun", [tinyrob.Model, tinyrob.Build, tinyrob.Run])
def test_every_public_member_has_a_docstring(noun: type) -> None:
    for name, member in inspect.getmembers(noun):
        plain = inspect.isfunction(member) or isinstance(member, property)
        if plain and not name.startswith("_"):
            assert inspect.getdoc(member), f"{noun.__name__}.{name}"


def test_the_example_in_the_docstring_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("arm-none-eabi-gcc", "cc", "make")
    monkeypatch.chdir(tmp_path)
    done = doctest.testmod(tinyrob, extraglobs={"tinyrob": tinyrob})
    assert done.attempted >= 6
    assert done.failed == 0


def test_what_is_built_is_what_the_manifest_says(build: tinyrob.Build) -> None:
    raw = json.loads((build.path / "manifest.json").read_text(encoding="utf-8"))
    figures = (build.flash_bytes, build.ram_bytes, build.macs)
    assert figures == (raw["flash_bytes"], raw["ram_bytes"], raw["macs"])


def test_a_build_without_a_folder_goes_with_its_object() -> None:
    need("arm-none-eabi-gcc", "make")
    made = tinyrob.Model(**vars(small())).build("stm32", app="none")
    path = made.path
    assert path.is_dir()
    del made
    assert not path.exists()


def test_arrays_are_validated_with_their_labels(model: tinyrob.Model, found, data: tuple) -> None:
    x, y = data
    assert found.exact
    assert found.vectors == len(x)
    right = interpret(model.graph, x).reshape(len(x), -1).argmax(1) == y
    assert {c.accuracy for c in found.runners.values()} == {float(right.mean())}
    found.check()


def test_a_file_is_the_same_as_its_array(plain: tinyrob.Build, tmp_path: Path) -> None:
    x = np.random.default_rng(3).integers(-128, 128, (9, 6, 6, 2), dtype=np.int8)
    y = np.arange(9) % plain.manifest.output.bytes
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    files = plain.validate("host", tmp_path / "x.npy", labels=str(tmp_path / "y.npy"))
    arrays = plain.validate("host", x, labels=y)
    assert files.runners == arrays.runners
    assert files.runners["host"].accuracy is not None


def test_results_have_the_names_of_the_json(build: tinyrob.Build, found, data: tuple) -> None:
    assert set(found.to_dict()) <= {f.name for f in dataclasses.fields(found)} | {"exact"}
    ran = build.run(data[0][:3], "tflm")
    assert set(ran.to_dict()) <= {f.name for f in dataclasses.fields(ran)}


def test_run_gives_the_networks_outputs(
    model: tinyrob.Model, build: tinyrob.Build, data: tuple
) -> None:
    need("cc")
    ran = build.run(data[0])
    assert (ran.runner, ran.n) == ("host", len(data[0]))
    assert np.array_equal(ran.outputs, interpret(model.graph, data[0]))


@pytest.fixture(scope="module")
def attacked(build: tinyrob.Build, data: tuple, tmp_path_factory: pytest.TempPathFactory):
    need("cc")
    out = tmp_path_factory.mktemp("attack") / "run"
    gate = tinyrob.Gate(clean=0.5, attacks=(tinyrob.Demand("fgsm", "linf", 4, 1.01),))
    return build.attack(
        attacks=["fgsm"], eps=[4, 8], on=["tflm", "host"], inputs=data[0], labels=data[1],
        out=out, gate=gate,
    )  # fmt: skip


def test_an_attack_is_its_json(attacked) -> None:
    raw = json.loads((attacked.out / "attack.json").read_text(encoding="utf-8"))
    assert attacked.to_dict() == raw
    assert set(raw) <= {f.name for f in dataclasses.fields(attacked)}
    assert attacked.exact is True
    rows = {(row["name"], row["eps"]): row["accuracy"] for row in raw["attacks"]}
    for name, eps in rows:
        assert attacked.accuracy(name, eps) == min(rows[name, eps].values())
        assert attacked.accuracy(name, eps, on="host") == rows[name, eps]["host"]
    assert attacked.accuracy("clean") == min(raw["clean"].values())
    assert attacked.accuracy("worst-case", eps=8) <= attacked.accuracy("worst-case", eps=4)


def test_a_demand_that_fell_is_a_result_and_its_check_raises(attacked) -> None:
    assert attacked.gate is not None
    assert not attacked.gate.passed
    with pytest.raises(CheckFailed, match="1 of 2 demands of the gate fell"):
        attacked.check()


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        (("fgms", 4), "no attack 'fgms' was measured in linf", "did you mean fgsm"),
        (("fgsm", 5), "fgsm linf: eps 5 was not measured", "measured: 4, 8"),
        (("fgsm",), "fgsm linf: no eps is named", "measured: 4, 8"),
        (("fgsm", 4, "l2"), "no attack 'fgsm' was measured in l2", "measured"),
        (("fgsm", 4, "linf", "hosst"), "'hosst' did not score", "did you mean host"),
    ],
)
def test_what_was_not_measured_is_named(attacked, asked, message: str, hint: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        attacked.accuracy(*asked)
    assert hint in (caught.value.hint or "")


def test_a_report_is_made_of_results(build: tinyrob.Build, attacked, found, tmp_path: Path) -> None:
    page = build.report(tmp_path / "page", attacked, found)
    values = json.loads(page.json.read_text(encoding="utf-8"))
    assert values["attack"] == attacked.to_dict()
    assert values["build"]["flash_bytes"] == build.flash_bytes
    assert "digits-stq-jr" in page.html.read_text(encoding="utf-8")


def test_a_report_of_two_networks_is_refused(
    plain: tinyrob.Build, attacked, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="attack is of another network"):
        plain.report(tmp_path / "page", attacked)
    assert not (tmp_path / "page").exists()


def test_names_are_escaped_in_a_notebook(model: tinyrob.Model, attacked) -> None:
    evil = "<script>alert(1)</script>"
    shown = [
        dataclasses.replace(model, name=evil)._repr_html_(),
        dataclasses.replace(attacked, model=evil)._repr_html_(),
    ]
    for text in shown:
        assert "<script" not in text
        assert "&lt;script&gt;" in text


def test_a_repr_is_one_short_line(
    model: tinyrob.Model, build: tinyrob.Build, attacked, found
) -> None:
    for thing in (model, build, attacked, found):
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 300


def test_networks_in_memory_are_models(model: tinyrob.Model) -> None:
    assert tinyrob.load(model.tflite).tflite == model.tflite
    assert tinyrob.load(model.frozen).tflite == model.tflite
    assert tinyrob.load(model).graph is model.graph
    assert tinyrob.load(Path("digits-stq-jr")).name == "digits-stq-jr"


def test_a_qkeras_model_in_memory_is_a_model() -> None:
    for module in ("tensorflow", "qkeras"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    from tinyrob import tf

    keras, qkeras = tf.keras(), tf.qkeras()
    x = keras.layers.Input((4,), name="x")
    y = qkeras.QActivation(qkeras.quantized_bits(8, 0, 0, alpha=1), name="q")(x)
    weights = qkeras.quantized_bits(4, 0, alpha=1)
    y = qkeras.QDense(3, kernel_quantizer=weights, bias_quantizer=None, name="dense")(y)
    y = qkeras.QActivation(qkeras.quantized_bits(8, 2, 0, alpha=1), name="logits")(y)
    found = tinyrob.load(keras.Model(x, y, name="mine"))
    assert (found.name, found.exact) == ("mine", True)


@pytest.mark.parametrize("thing", [np.zeros((3, 3)), 7, ["digits-stq-jr"]])
def test_what_is_no_model_is_refused(thing: object) -> None:
    with pytest.raises(ModelFormatError, match="is no model") as caught:
        tinyrob.load(thing)
    assert "QKeras" in (caught.value.hint or "")


def test_an_unknown_board_is_shown_its_nearest(model: tinyrob.Model) -> None:
    with pytest.raises(BoardError, match="stm23") as caught:
        model.build("stm23")
    assert "stm32" in (caught.value.hint or "")


def test_an_unknown_option_is_a_type_error(model: tinyrob.Model) -> None:
    with pytest.raises(TypeError, match="optimise"):
        model.build("stm32", optimise="size")  # type: ignore[call-arg]


def test_a_folder_of_the_users_is_not_replaced(model: tinyrob.Model, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match=r"thesis\.txt"):
        model.build("stm32", tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


X = np.zeros((3, 8, 8, 1), np.int8)
Y = np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (X.astype(np.float32), None, "inputs holds float32, not int8"),
        (X.view(np.uint8), None, "inputs holds uint8, not int8"),
        (X[..., 0], None, r"holds an array \(3, 8, 8\); the network takes \(N, 8, 8, 1\)"),
        (X[:0], None, "with N at least 1"),
        (X, Y[:2], "labels: int64 of shape .2,., not 3 class numbers"),
        (X, Y.astype(float), "labels: float64"),
        (X, Y + 8, "classes from 8 to 10; the network has 10 outputs"),
        (X, Y - 1, "classes from -1 to 1"),
        (None, Y, "there are labels and no inputs"),
        ("gone.npy", None, "there is no file"),
    ],
)
def test_data_that_are_not_the_networks_are_refused(
    build: tinyrob.Build, inputs: object, labels: object, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        build.validate("tflm", inputs, labels=labels)  # type: ignore[arg-type]


def test_an_unknown_runner_is_shown_its_nearest(build: tinyrob.Build) -> None:
    with pytest.raises(RunnerError, match="no runner 'qmeu'") as caught:
        build.validate("qmeu")
    assert "did you mean qemu" in (caught.value.hint or "")


def test_a_folder_that_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a build folder"):
        tinyrob.Build.open(tmp_path)


def test_a_dataset_and_inputs_together_are_refused(build: tinyrob.Build) -> None:
    with pytest.raises(DataError, match="both say what is run"):
        build.validate("tflm", X, dataset="digits")


def test_real_inputs_are_put_on_the_networks_grid(build: tinyrob.Build) -> None:
    about = build.manifest.input
    q = np.arange(-128, 128, dtype=np.int64)
    real = (q - about.zero_point) * about.scale
    assert np.array_equal(build.quantize(real), q.astype(np.int8))
    assert build.quantize([1e9, -1e9]).tolist() == [127, -128]


def test_everything_raised_is_a_tinyrob_error() -> None:
    with pytest.raises(tinyrob.TinyrobError):
        tinyrob.load("no-such-model")
    assert tinyrob.errors.TinyrobError is TinyrobError


USER = """
import numpy as np
import tinyrob

model = tinyrob.load("digits-stq-jr")
build: tinyrob.Build = model.build("stm32", optimize="size")
x, y = np.zeros((3, 8, 8, 1), np.int8), np.array([0, 1, 2])
report = build.validate(on=["tflm", "host"], inputs=x, labels=y)
exact: bool = report.exact
attack = build.attack("quick", eps=[4, 8], samples=100)
least: float = attack.accuracy("worst-case", eps=8)
flash: int = build.flash_bytes
outputs = build.run(x).outputs
run: tinyrob.Run = tinyrob.train("digits-stq-jr", (x, y, x, y), epochs=2)
again: tinyrob.Model = run.model
model.build("stm32", optimise="size")  # type: ignore[call-arg]
build.attack("quick", eps="four")  # type: ignore[arg-type]
text: str = build.flash_bytes  # type: ignore[assignment]
"""


@pytest.mark.slow
def test_a_users_file_is_type_checked_against_the_wheel(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    assert (site / "tinyrob" / "py.typed").is_file()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    (packages,) = (tmp_path / "v" / "lib").glob("python*/site-packages")
    installed = Path(np.__file__).parent.parent
    (packages / "paths.pth").write_text(f"{site}\n{installed}\n")
    (tmp_path / "user.py").write_text(USER)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MYPYPATH")}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable",
         str(tmp_path / "v" / "bin" / "python"), "--config-file", os.devnull, "user.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("Success"), done.stdout + done.stderr
