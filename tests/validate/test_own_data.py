"""A network finds the test split of its user's own data again, or says why it must not be used."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import built
from support.own_data import load as load_own
from support.own_data import motion
from tinyrob.attack.samples import load_samples
from tinyrob.attack.settings import Settings
from tinyrob.cli import run as run_verb
from tinyrob.cli import validate as validate_verb
from tinyrob.data.about import about_frozen, metadata_of
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.deployable import Deployable, from_build
from tinyrob.errors import DataError
from tinyrob.project.build_folder import open_build
from tinyrob.project.manifest import Manifest
from tinyrob.validate import ask, vectors

TABLE = 'kind = "windows"\npath = "motion"\nwindow = 24\nlabel = "activity"\ngroup = "who"\n'


def trained_on(dataset: Dataset) -> Manifest:
    """The manifest of a network of that shape, which says that it was trained on ``dataset``."""
    manifest = built().manifest
    known = about_frozen({**metadata_of(dataset), "data_digest": dataset.digest})
    inputs = dataclasses.replace(manifest.input, shape=dataset.shape)
    return dataclasses.replace(
        manifest,
        input=inputs,
        inputs=(inputs,),
        dataset=dataset.name,
        classes=known.classes,
        data=known.to_dict(),
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.chdir(tmp_path)
    motion(tmp_path / "motion")
    return load_own(TABLE, tmp_path)


def test_the_default_is_the_test_split_of_the_recipes_own_data(own: Dataset) -> None:
    made = vectors.default(trained_on(own), 7)
    assert made.source == "the first 7 of the test split of windows:motion"
    assert made.labels is not None
    assert (made.inputs == to_int8(own.x_test)[:7]).all()
    assert (made.labels == own.y_test[:7]).all()
    assert set(made.labels.tolist()) == {0, 1, 2}  # shuffled: the first few are of all classes


def test_a_recipes_file_names_its_data(own: Dataset, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(f"[dataset]\n{TABLE}")
    made = vectors.chosen(trained_on(own), dataset="recipe.toml", count=5)
    assert (made.inputs == to_int8(own.x_test)[:5]).all()


def test_data_that_changed_since_are_not_taken_in_silence(own: Dataset, tmp_path: Path) -> None:
    motion(tmp_path / "motion", people=5)
    made = vectors.default(trained_on(own), 7)
    assert made.labels is None
    assert "has changed since the network was trained on it" in made.source


def test_data_on_another_grid_are_refused(own: Dataset, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(f"[dataset]\n{TABLE}range = [-1000, 1000]\n")
    with pytest.raises(DataError, match="has another int8 grid") as caught:
        vectors.chosen(trained_on(own), dataset="recipe.toml")
    assert "state dataset.range" in (caught.value.hint or "")


def test_data_that_moved_say_where_they_were_looked_for(own: Dataset, tmp_path: Path) -> None:
    (tmp_path / "motion").rename(tmp_path / "elsewhere")
    assert "are not there: motion" in vectors.default(trained_on(own), 7).source
    (tmp_path / "new").mkdir()
    (tmp_path / "elsewhere").rename(tmp_path / "new" / "motion")
    assert vectors.default(trained_on(own), 7, tmp_path / "new").labels is not None


def test_an_attack_takes_the_own_test_split_with_names_and_units(own: Dataset) -> None:
    manifest = trained_on(own)
    graph = from_build(built()).graph
    source = dataclasses.replace(graph.tensors[graph.inputs[0]], shape=(1, *own.shape))
    tensors = {**dict(enumerate(graph.tensors)), graph.inputs[0]: source}
    shaped = dataclasses.replace(graph, tensors=tuple(tensors.values()))
    model = Deployable("own", shaped, b"", None, own.name, manifest.about)
    found = load_samples(Settings(), model, 6)
    assert (found.x == to_int8(own.x_test)[:6]).all()
    assert (found.classes, found.form) == (list(own.classes), "windows")
    assert found.units == own.units


def test_what_a_manifest_says_of_data_is_read_back_and_a_wrong_one_is_left_out(
    own: Dataset,
) -> None:
    known = trained_on(own).about
    assert known.source is not None
    assert known.source.kind == "windows"
    assert known.units == own.units
    spoilt = dataclasses.replace(trained_on(own), data={"source": {"kind": "x"}, "units": 3})
    assert (spoilt.about.source, spoilt.about.units) == (None, None)


def test_floats_are_the_sensors_values(own: Dataset, tmp_path: Path) -> None:
    manifest = trained_on(own)
    assert own.units is not None
    q = to_int8(own.x_test)[:3]
    values = own.units.values(q).astype(np.float32)
    assert (vectors.check_inputs(values, "inputs", manifest) == q).all()
    folder = dataclasses.replace(built(), manifest=manifest)
    assert (folder.quantize(values) == q).all()
    values[1, 2, 0] = np.nan
    with pytest.raises(DataError, match="NaN or infinite values in 1 rows, first in row 1"):
        vectors.check_inputs(values, "inputs", manifest)
    with pytest.raises(DataError, match="NaN has no place"):
        folder.quantize(values)


def folder_with_classes(tmp_path: Path) -> Path:
    """The built network, whose five outputs have names."""
    import shutil

    folder = tmp_path / "build"
    shutil.copytree(built().path, folder)
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["classes"] = [*"abcd", "the fifth"]
    file.write_text(json.dumps(manifest))
    return folder


def test_run_names_the_classes_and_counts_what_is_right(tmp_path: Path) -> None:
    folder = folder_with_classes(tmp_path)
    x = np.random.default_rng(0).integers(-128, 128, (12, 6, 6, 2)).astype(np.int8)
    told = ask.run(open_build(folder), x, "tflm").outputs.reshape(12, -1).argmax(1)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.where(np.arange(12) < 9, told, (told + 1) % 5))
    arguments = [str(folder), "--on", "tflm", "--input", str(tmp_path / "x.npy")]
    arguments += ["--labels", str(tmp_path / "y.npy")]
    done = CliRunner().invoke(run_verb.command, [*arguments, "--json"])
    said = json.loads(done.stdout)
    names = open_build(folder).manifest.classes
    assert said["predictions"] == [names[number] for number in told]
    assert said["accuracy"] == 0.75
    text = CliRunner().invoke(run_verb.command, arguments).output
    assert f"input 0: {names[told[0]]}" in text
    assert "... and 2 more" in text
    assert "75.00% of them right" in text


def test_validate_takes_labels_and_tells_accuracy_of_every_runner(tmp_path: Path) -> None:
    folder = folder_with_classes(tmp_path)
    x = np.zeros((4, 6, 6, 2), np.int8)
    told = ask.run(open_build(folder), x, "tflm").outputs.reshape(4, -1).argmax(1)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", told)
    arguments = [str(folder), "--on", "tflm,host", "--labels", str(tmp_path / "y.npy")]
    whole = [*arguments, "--input", str(tmp_path / "x.npy"), "--json"]
    said = json.loads(CliRunner().invoke(validate_verb.command, whole).stdout)
    assert {name: r["accuracy"] for name, r in said["runners"].items()} == {
        "tflm": 1.0,
        "host": 1.0,
    }
    done = CliRunner().invoke(validate_verb.command, arguments)
    assert done.exit_code == 2
    assert "--labels comes with --input" in done.output
