"""A specification of features: its keys, its limits, and its digest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tinyrob.errors import ModelFormatError, RecipeError
from tinyrob.features.read import from_metadata, read
from tinyrob.features.spec import Features, Mel
from tinyrob.files.toml_table import parse_toml


def parse(text: str) -> Features:
    kind = "" if "kind" in text else 'kind = "mfcc"\n'
    return read(parse_toml(kind + text, "recipe.toml", RecipeError))


def test_a_kind_alone_is_the_default() -> None:
    assert parse("") == Mel()
    assert Mel().shape == (49, 10, 1)
    assert Mel().samples == 15_840


def test_what_is_written_is_read_again() -> None:
    others = Mel(kind="log-mel", bands=30, log2_step=-2, low=60.0), Mel(step=0.3)
    for features in (Mel(), *others):
        assert from_metadata({"features": features.to_dict()}, "a model") == features


def test_a_model_without_features_has_none() -> None:
    assert from_metadata({}, "a model") is None


@pytest.mark.parametrize("changed", [{"hop": 160}, {"high": 7000.0}, {"window": "hamming"}])
def test_every_change_is_another_digest(changed: dict[str, object]) -> None:
    assert replace(Mel(), **changed).digest != Mel().digest


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('kind = "mfc"', "kind: 'mfc' is none of mfcc, log-mel"),
        ("hops = 320", "hops: unknown key"),
        ("fft = 500", "fft: must be one of 256, 512, 1024, is 500"),
        ("fft = 256", "frame: must be even and at most fft, 256, is 480"),
        ("frame = 481", "frame: must be even and at most fft, 512, is 481"),
        ("high = 9000", "high: must lie above low, and at most at half the rate: 8000 Hz"),
        ("low = 4000", "high: must lie above low"),
        ("coefficients = 41", "coefficients: must be at most bands, 40"),
        ('kind = "log-mel"\ncoefficients = 10', "coefficients: unknown key"),
        ("bands = 128", "bands: 4 of 128 bands hold no bin of the transform (every 31.25 Hz)"),
        ("step = 0.3\nlog2_step = 0", "step: and log2_step say the same"),
        ("step = 17", "step: must be"),
        ("rate = true", "rate: must be an integer"),
    ],
)
def test_what_is_impossible_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert complaint in caught.value.message


@pytest.mark.parametrize("values", [[1], {"kind": 1}, {"kind": "mfcc", "frame": 10**30}])
def test_damaged_metadata_is_refused(values: object) -> None:
    with pytest.raises(ModelFormatError, match="a model") as caught:
        from_metadata({"features": values}, "a model")
    assert "freeze it again" in (caught.value.hint or "")
