"""``tinyrob models`` and ``tinyrob data``: tables for people, one JSON object for programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from support.own_data import motion
from tinyrob.cli import data, models
from tinyrob.errors import DataError, TinyrobError
from tinyrob.models import zoo


def run(command, *arguments):
    done = CliRunner().invoke(command, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_models_lists_every_entry_with_its_figures():
    listed = json.loads(run(models.command, "--json"))["models"]
    assert [entry["name"] for entry in listed] == list(zoo.names())
    assert {"dataset", "clean_accuracy", "parameters", "recipe", "seed"} <= set(listed[0])
    text = run(models.command)
    for name in zoo.names():
        assert name in text


def test_models_add_refuses_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(TinyrobError, match="no finished training run"):
        run(models.command, "add", str(tmp_path))


def test_data_lists_what_is_where(tmp_path):
    rows = json.loads(run(data.command, "list", "--data-dir", str(tmp_path), "--json"))["datasets"]
    assert [row["name"] for row in rows] == [
        "digits",
        "cifar10",
        "svhn",
        "speech_commands",
    ]
    assert "embedded" in run(data.command, "list", "--data-dir", str(tmp_path))


def test_data_fetch_says_where_a_sound_dataset_is(data_dir):
    told = json.loads(run(data.command, "fetch", "cifar10", "--data-dir", str(data_dir), "--json"))
    assert told["dataset"] == "cifar10"
    assert told["folder"].startswith(str(data_dir))


def test_data_fetch_refuses_what_it_does_not_know():
    with pytest.raises(DataError, match="unknown dataset"):
        run(data.command, "fetch", "mnist")


def test_data_show_tells_counts_ranges_and_examples(tmp_path):
    motion(tmp_path / "motion")
    (tmp_path / "recipe.toml").write_text(
        '[dataset]\nkind = "windows"\npath = "motion"\nwindow = 10\nlabel = "activity"\n'
        'group = "who"\nunit = ["g", "g", "deg/s"]\n'
    )
    said = json.loads(run(data.command, "show", str(tmp_path / "recipe.toml"), "--json"))
    assert said["splits"]["test"] == {"rest": 11, "run": 11, "walk": 11}
    assert [one["name"] for one in said["ranges"]] == ["ax", "ay", "gz"]
    assert said["ranges"][2]["unit"] == "deg/s"
    text = run(data.command, "show", str(tmp_path / "recipe.toml"))
    assert "2 deg/s" in text
    assert text.count("\nrun\n") == 3  # ten examples, of each class in turn
    assert "▅" in text


def test_data_show_writes_a_sheet_of_pictures(tmp_path):
    image = pytest.importorskip("PIL.Image")
    sheet = tmp_path / "new" / "sheet.png"
    run(data.command, "show", "digits", "--png", str(sheet))
    with image.open(sheet) as opened:
        assert opened.size == (5 * 136 + 8, 2 * 136 + 8)
        assert len(opened.getcolors(10_000)) > 10


def test_data_show_knows_shipped_recipes(tmp_path):
    said = json.loads(run(data.command, "show", "digits-stq-jr", "--json"))
    assert (said["name"], said["shape"]) == ("digits", [8, 8, 1])
