"""The zoo loads without TensorFlow, executes nothing, and notices what was tampered with."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys

import pytest

from tinyrob import data
from tinyrob.errors import ModelFormatError, TinyrobError
from tinyrob.models import recipe_file, zoo
from tinyrob.models.run_folder import CARD, FROZEN, HISTORY
from tinyrob.training import to_zoo


@pytest.fixture
def copy(tmp_path):
    """A zoo of one entry that may be damaged."""
    shutil.copytree(zoo.ZOO / "digits-stq-jr", tmp_path / "digits-stq-jr")
    return tmp_path


@pytest.mark.parametrize("name", zoo.names())
def test_every_entry_is_what_its_card_says(name):
    card, model = zoo.card(name), zoo.load(name)
    assert card.name == name
    assert model.exact
    assert model.metadata["data_digest"] == card.data_digest
    recipe = recipe_file.parse(zoo.recipe_text(name))
    assert (recipe.name, recipe.dataset, recipe.seed) == (card.recipe, card.dataset, card.seed)
    assert recipe == recipe_file.load(card.recipe)
    assert recipe.training.epochs.total == card.epochs


def test_the_digits_entry_was_measured_on_these_digits():
    card = zoo.card("digits-stq-jr")
    assert card.data_digest == data.load("digits").digest
    assert card.test_images == 397
    assert card.clean_accuracy >= 0.95


def test_loading_imports_no_tensorflow():
    program = (
        "import sys; from tinyrob.models import zoo\n"
        "[zoo.load(n) for n in zoo.names()]\n"
        "assert not {'tensorflow', 'keras', 'tf_keras', 'qkeras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_entry_is_refused_with_those_known():
    with pytest.raises(ModelFormatError, match="no model 'digits'") as caught:
        zoo.load("digits")
    assert "digits-stq-jr" in caught.value.hint


def test_a_name_cannot_leave_the_zoo():
    with pytest.raises(ModelFormatError, match="no model"):
        zoo.load("../zoo/digits-stq-jr")


def test_a_flipped_bit_is_noticed(copy):
    path = copy / "digits-stq-jr" / FROZEN
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(ModelFormatError):
        zoo.load("digits-stq-jr", copy)


def test_another_sound_model_in_its_place_is_noticed(copy):
    from tinyrob.frozen.io import save_frozen

    model = zoo.load("digits-stq-jr", copy)
    path = copy / "digits-stq-jr" / FROZEN
    save_frozen(type(model)("other", model.nodes, model.metadata), path)
    with pytest.raises(ModelFormatError, match=r"not the file that its card\.json"):
        zoo.load("digits-stq-jr", copy)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', '{"colour": 1}'])
def test_a_damaged_card_is_refused_by_name(copy, text):
    (copy / "digits-stq-jr" / CARD).write_text(text)
    with pytest.raises(ModelFormatError, match=r"card\.json is damaged"):
        zoo.card("digits-stq-jr", copy)


def test_a_pickle_in_place_of_the_model_is_not_opened(copy):
    (copy / "digits-stq-jr" / FROZEN).write_bytes(pickle.dumps({"nodes": []}))
    with pytest.raises(ModelFormatError):
        zoo.load("digits-stq-jr", copy)


def test_a_run_that_is_not_finished_is_not_added(tmp_path):
    with pytest.raises(TinyrobError, match="no finished training run"):
        to_zoo.add(tmp_path, "mine", folder=tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def test_a_name_that_is_none_is_not_added(copy):
    with pytest.raises(TinyrobError, match="cannot name a zoo entry"):
        to_zoo.add(copy / "digits-stq-jr", "../up", folder=copy)


def test_an_entry_added_again_is_the_same(copy):
    (copy / "digits-stq-jr" / HISTORY).write_text("[]")
    card = to_zoo.add(copy / "digits-stq-jr", "again", folder=copy, notes=["measured twice"])
    assert zoo.card("again", copy).notes == ["measured twice"]
    assert (copy / "again" / HISTORY).read_text() == "[]"
    assert zoo.names(copy) == ("again", "digits-stq-jr")
    old = json.loads((zoo.ZOO / "digits-stq-jr" / CARD).read_text())
    assert card.clean_accuracy == old["clean_accuracy"]
    assert card.sha256 == old["sha256"]
    assert zoo.load("again", copy).name == "digits-stq-jr"
