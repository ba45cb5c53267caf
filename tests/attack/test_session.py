"""The whole verb on real networks: the same score on every runner, and every user's mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from support.graphs import inputs
from support.targets import without_batch_axis
from tinyrob import cli
from tinyrob.attack import session
from tinyrob.errors import BoardError, DataError, ModelFormatError, RunnerError, TinyrobError
from tinyrob.files.lock import only_run
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_write import write_tflite

QUICK = ("--attacks", "noise,fgsm,pgd-20", "--eps", "8,32", "--samples", "12")


def tinyrob(*arguments: str) -> int:
    try:
        cli.main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """One run on all four artefacts, shared by the tests below."""
    out = tmp_path_factory.mktemp("attack")
    on = "keras,tflm,host,qemu"
    assert tinyrob("attack", "digits-stq-jr", *QUICK, "--on", on, "--out", str(out)) == 0
    return out, json.loads((out / "attack.json").read_text())


def test_every_artefact_gives_the_same_scores(attacked):
    _, found = attacked
    assert list(found["clean"]) == ["keras", "tflm", "host", "qemu"]
    assert found["exact"] is True
    for row in found["attacks"]:
        assert len(set(row["accuracy"].values())) == 1, row
    assert {r["mismatches"] for r in found["runners"].values()} == {0}
    assert found["runners"]["qemu"]["instructions_per_inference"] > 10_000
    worst = {row["eps"]: row for row in found["attacks"] if row["name"] == "worst-case"}
    assert worst[32]["accuracy"]["qemu"] < worst[8]["accuracy"]["qemu"]


def test_json_is_one_object_and_the_file_is_the_same(attacked, capsys):
    out, found = attacked
    on = "keras,tflm,host,qemu"
    code = tinyrob("attack", "digits-stq-jr", *QUICK, "--on", on, "--out", str(out), "--json")
    assert code == 0
    assert json.loads(capsys.readouterr().out) == found


def test_a_build_folder_is_a_model(attacked, tmp_path):
    out, found = attacked
    settings = session.Settings(
        model=str(out / "build"),
        dataset="digits",
        attacks=("fgsm",),
        linf=(32.0,),
        samples=12,
        on=("tflm",),
        out=tmp_path,
    )
    again, _ = session.attack(settings)
    rows = [row for row in found["attacks"] if (row["name"], row["eps"]) == ("fgsm", 32)]
    assert again["attacks"][0]["accuracy"]["tflm"] == rows[0]["accuracy"]["tflm"]


def test_a_tflite_is_attacked_white_box_and_with_its_surrogate(shared_models, data_dir, tmp_path):
    settings = session.Settings(
        model=str(shared_models / "pretrainedResnet_quant.tflite"),
        dataset="cifar10",
        data_dir=data_dir,
        attacks=("pgd-20",),
        linf=(4.0,),
        samples=6,
        surrogate=shared_models / "pretrainedResnet.h5",
        out=tmp_path,
    )
    found, _ = session.attack(settings)
    assert found["surfaces"] == ["quantized", "shadow", "surrogate"]
    assert found["reference"] == "tflm"
    assert found["attacks"][0]["accuracy"]["tflm"] < 0.34


def test_a_gate_that_falls_exits_1_with_the_list_and_junit(attacked, tmp_path, capsys):
    out, _ = attacked
    gate, report = tmp_path / "gate.toml", tmp_path / "sub" / "junit.xml"
    gate.write_text("clean = 0.5\nexact = true\n[[attack]]\neps = 32\naccuracy = 0.999\n")
    code = tinyrob(
        "attack", "digits-stq-jr", *QUICK, "--on", "keras,host", "--out", str(out),
        "--gate", str(gate), "--junit", str(report),
    )  # fmt: skip
    printed = capsys.readouterr()
    assert code == 1
    assert "1 of 3 demands" in printed.err
    assert "worst-case linf eps 32: wanted >= 99.90%, got" in printed.err
    assert 'failures="1"' in report.read_text()
    assert json.loads((out / "attack.json").read_text())["gate"]["passed"] is False


@pytest.mark.parametrize(("clean", "code"), [(0.5, 0), (1.0, 1)])
def test_validate_takes_the_same_gate(attacked, tmp_path, capsys, clean, code):
    out, _ = attacked
    gate, junit = tmp_path / "gate.toml", tmp_path / "junit.xml"
    gate.write_text(f"clean = {clean}\nexact = true\n[[attack]]\neps = 4\naccuracy = 1\n")
    arguments = ("--on", "keras,host", "--dataset", "digits", "--gate", str(gate))
    done = tinyrob("validate", str(out / "build"), *arguments, "--junit", str(junit), "--json")
    printed = capsys.readouterr()
    assert done == code
    assert json.loads(printed.out)["gate"]["passed"] == (code == 0)
    assert f'tests="2" failures="{code}"' in junit.read_text()
    assert ("clean: wanted >= 100.00%" in printed.err) == (code == 1)


def test_validate_refuses_a_gate_that_it_cannot_answer(attacked, tmp_path, capsys):
    gate = tmp_path / "gate.toml"
    gate.write_text('flags = "none"\n')
    folder = str(attacked[0] / "build")
    assert tinyrob("validate", folder, "--on", "host", "--vectors", "2", "--gate", str(gate)) == 1
    assert "nothing that a validation answers" in capsys.readouterr().err


def test_runners_that_differ_fail_the_command():
    found = {
        "runners": {"tflm": {"inputs": 9, "mismatches": 0}, "host": {"inputs": 9, "mismatches": 2}}
    }
    with pytest.raises(TinyrobError, match="host on 2 of 9 inputs"):
        session.demand_exact(found)


def digits(**options) -> session.Settings:
    return session.Settings(**{"model": "digits-stq-jr", "samples": 4, **options})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"linf": (0.0,)}, TinyrobError, "greater than 0"),
        ({"linf": (-4.0,)}, TinyrobError, "greater than 0"),
        ({"samples": 0}, TinyrobError, "no samples"),
        ({"samples": -3}, TinyrobError, "no samples"),
        ({"linf": (), "l2": ()}, TinyrobError, "no eps"),
        ({"suite": "fast"}, TinyrobError, "unknown suite"),
        ({"attacks": ("pgd",)}, TinyrobError, "unknown attack"),
        ({"on": ("qemo",)}, RunnerError, "qemo"),
        ({"through": ("qemo",)}, RunnerError, "qemo"),
        ({"dataset": "cifar"}, DataError, "unknown dataset"),
        ({"model": "nothing"}, ModelFormatError, "nothing"),
        ({"model": ""}, ModelFormatError, "name is empty"),
        ({"linf": (), "l2": (0.5,)}, TinyrobError, "below one step"),
        ({"attacks": ("fgsm",), "transfer": ("svhn-robust",)}, TinyrobError, "no attack of this"),
        ({"surrogate_input": "u8"}, TinyrobError, "comes with --surrogate"),
        ({"dataset": "digits", "inputs": Path("x.npy")}, TinyrobError, "--dataset and --input"),
        ({"on": ("host",), "target": "stm23"}, BoardError, "no board 'stm23'"),
        ({"transfer": ("svhn-robust",)}, TinyrobError, "nothing transfers"),
        ({"transfer": ("digits-stq-jr", "digits-stq-jr")}, TinyrobError, "told apart"),
    ],
)
def test_settings_that_make_no_sense(options, error, message, tmp_path):
    with pytest.raises(error, match=message):
        session.attack(digits(**{"out": tmp_path, **options}))
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_in_one_folder_are_told(tmp_path):
    with only_run(tmp_path / "out"), pytest.raises(DataError, match="another run of tinyrob"):
        session.attack(digits(out=tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_of_another_shape_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 4, 4, 1), np.int8))
    np.save(tmp_path / "y.npy", np.zeros(3, np.int64))
    with pytest.raises(DataError, match=r"shape \(4, 4, 1\).*takes \(8, 8, 1\)"):
        session.attack(digits(inputs=tmp_path / "x.npy", labels=tmp_path / "y.npy"))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 8, 8, 1), np.uint8), np.zeros(3, int), "uint8"),
        (np.zeros((3, 8, 8, 1), np.int8), np.zeros(2, int), "not 3 class numbers"),
        (np.zeros((3, 8, 8, 1), np.int8), np.zeros(3), "not 3 class numbers"),
        (np.zeros((3, 8, 8, 1), np.int8), np.full(3, 10), "classes up to 10"),
        (np.zeros((3, 8, 8, 1), np.int8), np.full(3, -1), "classes up to"),
        (np.zeros((0, 8, 8, 1), np.int8), np.zeros(0, int), "no samples"),
    ],
)
def test_own_inputs_that_make_no_sense(x, y, message, tmp_path):
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    with pytest.raises(TinyrobError, match=message):
        session.attack(
            digits(inputs=tmp_path / "x.npy", labels=tmp_path / "y.npy", out=tmp_path / "out")
        )


def test_own_inputs_that_are_missing_or_damaged(tmp_path):
    (tmp_path / "y.npy").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DataError, match="go together"):
        session.attack(digits(inputs=tmp_path / "x.npy"))
    with pytest.raises(DataError, match="no file"):
        session.attack(digits(inputs=tmp_path / "x.npy", labels=tmp_path / "y.npy"))
    np.save(tmp_path / "x.npy", np.zeros((3, 8, 8, 1), np.int8))
    with pytest.raises(DataError, match=r"no \.npy"):
        session.attack(digits(inputs=tmp_path / "x.npy", labels=tmp_path / "y.npy"))


def test_a_tflite_alone_has_no_dataset_and_no_keras(shared_models, tmp_path):
    model = str(shared_models / "pretrainedResnet_quant.tflite")
    with pytest.raises(DataError, match="does not say what it was trained on"):
        session.attack(session.Settings(model=model, out=tmp_path))
    with pytest.raises(RunnerError, match="needs a frozen model"):
        session.attack(session.Settings(model=model, on=("keras",), out=tmp_path))


def test_a_surrogate_that_does_not_fit(shared_models, tmp_path):
    surrogate = shared_models / "pretrainedResnet.h5"
    with pytest.raises(ModelFormatError, match="the surrogate takes"):
        session.attack(digits(surrogate=surrogate, out=tmp_path))
    with pytest.raises(TinyrobError, match="unknown input scaling"):
        session.attack(digits(surrogate=surrogate, surrogate_input="pixels", out=tmp_path))
    with pytest.raises(ModelFormatError, match="no surrogate"):
        session.attack(digits(surrogate=tmp_path / "none.h5", out=tmp_path))


def test_a_runner_that_dies_says_that_nothing_is_lost(tmp_path, monkeypatch):
    from tinyrob.run.keras import KerasRunner

    def gone(*_):
        raise RunnerError("the board went away", "plug it in")

    monkeypatch.setattr(KerasRunner, "run", gone)
    with pytest.raises(RunnerError) as fail:
        session.attack(digits(out=tmp_path))
    assert fail.value.hint.startswith("plug it in; what was found is kept in ")


def test_wrong_numbers_are_wrong_usage(capsys):
    assert tinyrob("attack", "--eps", "1,two") == 2
    assert "not a list of numbers" in capsys.readouterr().err


def test_junit_without_a_gate(capsys, tmp_path):
    assert tinyrob("attack", "--junit", str(tmp_path / "j.xml")) == 1
    assert "--junit reports a gate" in capsys.readouterr().err


def test_a_network_without_a_batch_axis_is_attacked_and_transferred(tmp_path):
    graph = without_batch_axis((6,), (4,))
    (tmp_path / "flat.tflite").write_bytes(write_tflite(graph))
    x = inputs(graph, 12)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", interpret(graph, x).argmax(axis=1))
    settings = session.Settings(
        model=str(tmp_path / "flat.tflite"),
        inputs=tmp_path / "x.npy",
        labels=tmp_path / "y.npy",
        attacks=("pgd-20", "transfer"),
        transfer=(str(tmp_path / "flat.tflite"),),
        linf=(64.0,),
        samples=12,
        on=("tflm",),
        out=tmp_path / "out",
    )
    found, _ = session.attack(settings)
    assert found["clean"]["tflm"] == 1.0
    assert found["attacks"][0]["accuracy"]["tflm"] < 1.0
