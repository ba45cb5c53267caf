"""A frozen model survives its file; a damaged file never becomes a model."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.frozen_models import every_kind
from tinyrob.errors import ModelFormatError
from tinyrob.frozen import io as frozen_io
from tinyrob.frozen.io import frozen_bytes, load_frozen, parse_frozen, save_frozen
from tinyrob.frozen.shapes import output_shapes


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(contents, *, sign=True):
    """The file of ``contents``, with a digest that fits."""
    contents = dict(contents)
    if sign:
        contents.pop("sha256", None)
        contents["sha256"] = frozen_io._digest(contents).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def edited(change):
    """A correctly signed file whose spec went through ``change``."""
    contents = members(frozen_bytes(every_kind()))
    spec = json.loads(contents["spec.json"])
    change(spec)
    return packed({**contents, "spec.json": json.dumps(spec).encode()})


def test_saving_and_loading_is_the_identity(tmp_path):
    model = every_kind()
    save_frozen(model, tmp_path / "deep" / "model.npz")
    loaded = load_frozen(tmp_path / "deep" / "model.npz")
    assert (loaded.name, loaded.metadata) == (model.name, model.metadata)
    for mine, theirs in zip(loaded.nodes, model.nodes, strict=True):
        assert type(mine) is type(theirs)
        for field in fields(mine):
            assert np.array_equal(getattr(mine, field.name), getattr(theirs, field.name))
    assert frozen_bytes(loaded) == frozen_bytes(model)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["model.npz"]


def test_the_same_model_gives_the_same_bytes():
    assert frozen_bytes(every_kind()) == frozen_bytes(every_kind())
    assert frozen_bytes(every_kind(0)) != frozen_bytes(every_kind(1))


def test_numpy_reads_the_arrays():
    with np.load(io.BytesIO(frozen_bytes(every_kind())), allow_pickle=False) as arrays:
        assert arrays["002.kernel"].dtype == np.int8


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_is_found_or_harmless(position, bit):
    good = frozen_bytes(every_kind())
    data = bytearray(good)
    data[position % len(data)] ^= 1 << bit
    try:
        model = parse_frozen(bytes(data))
    except ModelFormatError:
        return
    # Bits of the archive's own bookkeeping, such as its time stamps, may flip: not the model's.
    assert frozen_bytes(model) == good


@given(st.integers(0, 10**6))
def test_a_truncated_file_is_refused(length):
    good = frozen_bytes(every_kind())
    with pytest.raises(ModelFormatError, match=r"cut off|damaged|digest"):
        parse_frozen(good[: length % len(good)])


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ModelFormatError, match=r"cannot read .*absent\.npz"):
        load_frozen(tmp_path / "absent.npz")


def test_contents_that_do_not_match_the_digest_are_refused():
    contents = members(frozen_bytes(every_kind()))
    contents["002.kernel.npy"] = contents["002.kernel.npy"][:-1] + b"\x05"
    with pytest.raises(ModelFormatError, match="digest does not match"):
        parse_frozen(packed(contents, sign=False), "model.npz")


def _grid(spec):
    spec["nodes"][2]["grid"] = [0, -300, 300]


def _array_of_floats():
    contents = members(frozen_bytes(every_kind()))
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.zeros((3, 2, 2, 4)))
    return packed({**contents, "002.kernel.npy": buffer.getvalue()})


def _pickled():
    contents = members(frozen_bytes(every_kind()))
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([{}], dtype=object), allow_pickle=True)
    return packed({**contents, "002.kernel.npy": buffer.getvalue()})


def _without(name):
    contents = members(frozen_bytes(every_kind()))
    del contents[name]
    return packed(contents)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: edited(lambda s: s.update(format="other")), "not a frozen model"),
        (lambda: edited(lambda s: s.update(version=2)), "version 2 of the format, not 1"),
        (lambda: edited(lambda s: s.pop("nodes")), "nodes is missing"),
        (lambda: edited(lambda s: s["nodes"][2].pop("strides")), "strides is missing"),
        (
            lambda: edited(lambda s: s["nodes"][3].update(kind="Blur")),
            "'clamp'.*unknown kind 'Blur'",
        ),
        (
            lambda: edited(lambda s: s["nodes"][3].update(inputs=["x"])),
            "the unknown node 'x'",
        ),
        (lambda: edited(lambda s: s["nodes"][3].update(name="pad")), "'pad' is there twice"),
        (lambda: edited(lambda s: s["nodes"].pop(0)), "lacks '001.kernel.npy'"),
        (lambda: edited(lambda s: s.update(nodes=[])), "holds no nodes"),
        (lambda: edited(lambda s: s["nodes"][0].update(shape=[9, 9, 3])), "'conv': shapes do not"),
        (
            lambda: edited(lambda s: s["nodes"][0].update(shape=[0, 5, 2])),
            "not a whole number",
        ),
        (lambda: edited(lambda s: s["nodes"][10].update(shape=[31])), "'flat': shapes do not"),
        (lambda: edited(lambda s: s["nodes"][9].update(strides=[0, 1])), "'pool': shapes do not"),
        (
            lambda: edited(lambda s: s["nodes"][2].update(padding="full")),
            "none of same, valid",
        ),
        (lambda: edited(lambda s: s["nodes"][0].update(shape="six")), "shape is not a list of"),
        (lambda: edited(_grid), "no place among int8's"),
        (lambda: _without("spec.json"), "lacks 'spec.json'"),
        (lambda: _without("002.bias.npy"), "lacks '002.bias.npy'"),
        (lambda: packed({"spec.json": b"{"}), "not JSON"),
        (_array_of_floats, "is float64"),
        (_pickled, "not plain numbers"),
        (lambda: b"", "cut off or no zip"),
        (lambda: b"PK\x03\x04 not really", "cut off or no zip"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ModelFormatError, match=message):
        parse_frozen(make())


def test_shapes_are_worked_out_node_by_node():
    shapes = output_shapes(every_kind())
    assert shapes["pad"] == (7, 8, 2)
    assert shapes["conv"] == shapes["sum"] == (7, 4, 4)
    assert shapes["both"] == (7, 4, 5)
    assert shapes["flat"] == (30,)
    assert shapes["logits"] == (3,)
