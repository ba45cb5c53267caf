"""Recipes are read whole or refused, with the key's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob import training
from tinyrob.errors import RecipeError
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Mel
from tinyrob.models import recipe_file
from tinyrob.models.layer_names import output_layers, quantized_layers
from tinyrob.models.recipe import Activation, Epochs, describe

SMALL = """
name = "small"
dataset = "digits"

[topology]
stem = { filters = 4 }
stages = [{ filters = 8 }]

[quantizers]
kernel = "ternary"

[quantizers.layers]
stem = { kernel = 4 }

[jacobian]
logits = 0.5
layers = { stage1_block1 = 0.25 }

[training]
epochs = { warmup = 1, qat = 2, settle = 1 }
"""


def test_a_recipe_as_windows_editors_save_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert recipe_file.load(str(tmp_path / "r.toml")) == recipe_file.parse(SMALL, "r.toml")


def test_a_recipe_says_what_it_says_and_defaults_the_rest():
    recipe = recipe_file.parse(SMALL)
    assert recipe.topology.stages[0].stride == 2
    assert recipe.quantizers.kernel_of("stem") == 4
    assert recipe.quantizers.kernel_of("logits") == "ternary"
    assert recipe.quantizers.activation_of("stem") == Activation(8, 3)
    assert recipe.jacobian.weights == {"logits": 0.5, "stage1_block1": 0.25}
    assert not recipe.jacobian.warmup
    assert recipe_file.parse(
        SMALL.replace("logits = 0.5", "logits = 0.5\nwarmup = true")
    ).jacobian.warmup
    assert recipe.training.batch == 128
    assert recipe.text == SMALL


@pytest.mark.parametrize("name", recipe_file.names())
def test_shipped_recipes_are_called_like_their_files(name):
    recipe = recipe_file.load(name)
    assert recipe.name == name
    if name.endswith("-stq-jr"):
        assert recipe.jacobian.logits > 0
        assert recipe.adversarial.method == "none"
        assert recipe.quantizers.kernel == "stochastic_ternary"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "small"', "", "name: is missing"),
        ('name = "small"', "name = 3", "name: must be a string"),
        ('name = "small"', 'name = "small"\ncolour = 1', "colour: unknown key"),
        ('"digits"', '"imagenet"', "dataset: unknown dataset 'imagenet'"),
        ("{ filters = 4 }", "{ filters = 0 }", "topology.stem.filters: must be in"),
        ("{ filters = 4 }", "{ filters = 4, kernal = 3 }", "topology.stem.kernal: unknown key"),
        ("{ filters = 4 }", "4", "topology.stem: must be a table"),
        ("[{ filters = 8 }]", "[]", "topology.stages: must be a list of tables, at least one"),
        ("[{ filters = 8 }]", "[{ blocks = 2 }]", "topology.stages[0].filters: is missing"),
        ("[{ filters = 8 }]", '[{ filters = 8 }]\nhead = "x"', "topology.head: 'x' is none of"),
        ("[{ filters = 8 }]", "[{ filters = 8 }]\nresidual = 1", "topology.residual: must be true"),
        ('kernel = "ternary"', 'kernel = "binary"', "quantizers.kernel: must be stochastic_"),
        ('kernel = "ternary"', "kernel = 1", "quantizers.kernel: must be stochastic_ternary"),
        ('kernel = "ternary"', "kernel = 9", "or 2 to 8 bits"),
        ('kernel = "ternary"', "kernel = true", "or 2 to 8 bits"),
        ("{ kernel = 4 }", "{ bits = 4 }", "quantizers.layers.stem.bits: unknown key"),
        (
            "{ kernel = 4 }",
            "{ activation = { bits = 16 } }",
            "quantizers.layers.stem.activation.bits: must be in",
        ),
        ("stem = { kernel", "stam = { kernel", "quantizers.layers.stam: the topology has no such"),
        ("logits = 0.5", "logits = -1", "jacobian.logits: must be in"),
        ("logits = 0.5", "logits = true", "jacobian.logits: must be a number"),
        ("logits = 0.5", "logits = nan", "jacobian.logits: must be in"),
        ("logits = 0.5", "images = 129", "jacobian.images: is more than training.batch"),
        ("stage1_block1 = 0.25", "stage9 = 1", "jacobian.layers.stage9: the topology has no"),
        ("stage1_block1 = 0.25", "logits = 1", "jacobian.layers.logits: the topology has no"),
        ("warmup = 1, qat = 2, settle = 1", "qat = 0", "epochs.qat: must be at least 1"),
        ("settle = 1 }", 'settle = 1 }\naverage_from = "x"', "average_from: 'x' is none of"),
        (
            "settle = 1 }",
            "settle = 1 }\nlearning_rate = { begin = -1 }",
            "learning_rate.begin: must be in",
        ),
        ("qat = 2, settle", "settle", "training.epochs.qat: is missing"),
        ("settle = 1 }", "settle = 1 }\nbatch = 2.5", "training.batch: must be an integer"),
        ("settle = 1 }", 'settle = 1 }\noptimizer = "lion"', "training.optimizer: 'lion' is none"),
        ("settle = 1 }", "settle = 1 }\naugment = { flop = true }", "flop: unknown key"),
        (
            "settle = 1 }",
            "settle = 1 }\naugment = { snr = [20, 10] }",
            "snr: must be [least, most] decibels within -20 and 60, is [20.0, 10.0]",
        ),
        ("settle = 1 }", "settle = 1 }\naugment = { snr = [1] }", "snr: must be [least, most]"),
        ("settle = 1 }", "settle = 1 }\naugment = { snr = [0, 9] }", "augment: digits has no"),
        ("[topology]", "[topology", "is not TOML"),
        (
            "logits = 0.5",
            f"logits = 1{'0' * 400}",
            "logits: must be in [0, 1e+06], is 1000",
        ),
        (
            "[topology]",
            '[features]\nkind = "mfcc"\n[topology]',
            "features: digits has no recordings",
        ),
        ("[topology]", "[listen]\nhold = 1\n[topology]", "listen.hold: unknown key"),
        ("logits = 0.5", f"images = 0x{'f' * 4000}", "a number of thousands of digits"),
        ("logits = 0.5", f"logits = {'9' * 5000}", "a number in it has thousands of digits"),
        ("logits = 0.5", f"logits = {'[' * 5000}", "is nested too deeply"),
    ],
)
def test_what_is_wrong_is_refused_by_name(old, new, named):
    assert SMALL.count(old) == 1
    with pytest.raises(RecipeError) as caught:
        recipe_file.parse(SMALL.replace(old, new), "mine.toml")
    assert named in caught.value.message
    assert caught.value.message.startswith("mine.toml")


def test_a_recipe_that_is_nowhere_is_refused_with_those_shipped(tmp_path):
    with pytest.raises(RecipeError, match="no recipe 'digit-stq'") as caught:
        recipe_file.load("digit-stq")
    assert "digits-stq-jr" in caught.value.hint
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="no recipe"):
        recipe_file.load(str(binary))


def test_a_recipe_of_ones_own_is_read_by_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    assert recipe_file.load(str(path)).name == "small"


@pytest.mark.parametrize("total", [1, 2, 3, 7, 40])
def test_scaled_epochs_keep_their_sum_and_some_qat(total):
    scaled = Epochs(10, 12, 18).scaled(total)
    assert scaled.total == total
    assert scaled.qat >= 1
    assert [scaled.phase(e) for e in range(total)] == sorted(
        (scaled.phase(e) for e in range(total)), key=["warmup", "qat", "settle"].index
    )


@pytest.mark.parametrize("total", [1, 2, 7, 40])
def test_scaled_epochs_without_qat_still_have_none(total):
    scaled = Epochs(10, 0, 18).scaled(total)
    assert (scaled.total, scaled.qat) == (total, 0)
    assert scaled.settle >= 1


def test_scaling_to_the_same_number_changes_nothing():
    assert Epochs(10, 12, 18).scaled(40) == Epochs(10, 12, 18)


def test_layer_names_of_a_plain_separable_network():
    text = SMALL.replace(
        "[{ filters = 8 }]", "[{ filters = 8 }]\nresidual = false\nseparable = true"
    )
    topology = recipe_file.parse(text).topology
    assert quantized_layers(topology) == (
        "stem",
        "stage1_block1_conv1_depthwise",
        "stage1_block1_conv1",
        "stage1_block1_conv2_depthwise",
        "stage1_block1_conv2",
        "stage1_block1",
        "pool",
        "logits",
    )
    assert "stage1_block1_conv2" not in output_layers(topology)  # its activation is the block's


def test_what_the_training_page_shows_is_a_recipe():
    page = (Path(training.__file__).parent / "README.md").read_text(encoding="utf-8")
    shown = [block.partition("```")[0] for block in page.split("```toml\n")[1:]]
    head = SMALL.partition("[training]")[0]
    first = recipe_file.parse(head + shown[0])
    assert (first.training.keep, first.training.patience) == ("best", 15)
    assert first.adversarial.stages == ((0.5, 10),)
    second = recipe_file.parse(head + "[training]\nepochs = { qat = 1 }\n" + shown[1])
    assert second.distillation.labels == "once"


def test_features_and_decisions_are_part_of_a_recipe():
    text = SMALL.replace('"digits"', '"speech_commands"')
    tables = '[features]\nkind = "mfcc"\nbands = 30\n[listen]\nthreshold = 0.9\n'
    recipe = recipe_file.parse(text + tables)
    assert recipe.features == Mel(bands=30)
    assert recipe.listen == Decisions(threshold=0.9)
    plain = recipe_file.parse(text)
    assert plain.features is None
    assert describe(plain) == describe(recipe_file.parse(text + "[listen]"))
    assert describe(plain) != describe(recipe)
