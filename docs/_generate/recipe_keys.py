"""The keys of a recipe, from its reader: what it asks its tables for while it reads samples.

The reader has no list of keys; it asks for each by name, type, range and default. So it is made to
read recipes that have every table, and each question is written down.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from _generate.markdown import prose, table
from tinyrob.files.toml_table import Table
from tinyrob.models import recipe, recipe_file
from tinyrob.models.own import recipe_table
from tinyrob.models.own.origin import Taken
from tinyrob.models.own.plan import Origin, Plan, Step

_BASE = """
name = "sample"
%(data)s
[topology]
%(topology)s
[quantizers]
kernel = %(bits)s
activation = { bits = 4 }
layers.%(layer)s = { kernel = %(bits)s, activation = { bits = 4 } }
[jacobian]
logits = 0.1
layers.%(layer)s = 0.1
[training]
epochs = { qat = 1 }
learning_rate = { qat = 0.002 }
augment = { shift = 1%(sound)s }
init = "earlier"
[adversarial]
method = "%(method)s"
eps = 4
stages = [{ from = 0.5, steps = 2 }]
[probe]
images = 10
eps = 4
%(more)s
"""
_DETECTOR = """
name = "sample"
dataset = "arrays"
[topology]
family = "autoencoder"
[training]
epochs = { qat = 1 }
validation = 1
[anomaly]
normal = "0"
"""
_STQ = "stem = { filters = 8, kernel = %s }\nstages = [{ filters = 8 }]"
_STEPS = """family = "steps"
shape = [8, 8, 1]
steps = [
    { name = "stem", kind = "conv", filters = 8 },
    { name = "pad", kind = "pad", border = [0, 0, 0, 0] },
    { name = "flat", kind = "reshape", shape = [512], reads = ["pad"] },
    { name = "logits", kind = "dense", filters = 2 },
]"""
_KERAS = 'keras = "net.h5"\ninput = [0, 1]'
_PLAIN = {
    "topology": _STQ % 3,
    "data": 'dataset = "speech_commands:yes,no"',
    "bits": "4",
    "layer": "stem",
    "sound": ", snr = [5, 30]",
}
_SAMPLES = (
    {**_PLAIN, "method": "fast", "more": ""},
    {
        **_PLAIN,
        "topology": _STQ % "[3, 1]",
        "bits": '"ternary"',
        "method": "trades",
        "more": '[features]\nkind = "mfcc"\n[listen]\nstride = 5',
    },
    {**_PLAIN, "method": "rslad", "more": '[distillation]\nteacher = "other"'},
    {**_PLAIN, "topology": _STEPS, "method": "fast", "more": ""},
    {**_PLAIN, "topology": _KERAS, "method": "fast", "more": ""},
    *(
        {**_PLAIN, "topology": f'family = "{family}"', "method": "fast", "more": "", "layer": layer}
        for family, layer in (("conv1d", "conv1"), ("mobilenet", "stem"))
    ),
    *(
        {**_PLAIN, "data": f'[dataset]\nkind = "{kind}"\npath = "data"\n{keys}', "method": "fast"}
        | {"more": "", "sound": ""}
        for kind, keys in (
            ("images", 'size = [8, 8]\nchannels = 1\ngroup = "{group}_*"\nclasses = ["a", "b"]'),
            ("arrays", 'range = [0, 1]\nunit = "g"\nchannels = ["x"]\nper_channel = true'),
            ("windows", 'window = 8\nlabel = "activity"\ngroup = "who"\nchannels = ["x"]'),
            ("audio", "rate = 8000\n[dataset.split]\ntest = 0.2"),
        )
    ),
)
_TAKEN = Taken(
    Plan(
        (8,),
        (
            Step("stem", "dense", ("input",), 4, activation="relu"),
            Step("logits", "dense", ("stem",), 2, activation="signed"),
        ),
    ),
    Origin("net.h5", "", {}, ()),
)
_INTRO = """# Recipe

A recipe is one TOML file that holds everything a training run depends on, besides the data. Unknown
keys and impossible values are refused by name. Tables that are left out have the defaults below;
`LAYER` is a layer's name (a wrong one is refused with the list of those there are).
The shipped ones are named by `tinyrob train --help`; copy one of
`toolchain/tinyrob/models/recipes/*.toml` to start from.

"""


@dataclass
class Key:
    """A key: what it may be, and its default ("" where it must be given)."""

    kinds: dict[str, None]
    defaults: dict[str, None]


def keys() -> dict[str, Key]:
    """Every key that the reader asks for, by its dotted path."""
    found: dict[str, Key] = {}
    for text in [*(_BASE % sample for sample in _SAMPLES), _DETECTOR]:
        with _recording(found), mock.patch.object(recipe_table, "take", return_value=_TAKEN):
            recipe_file.parse(text)
    return found


@contextmanager
def _recording(found: dict[str, Key]) -> Iterator[None]:
    def wrap(method: Callable[..., Any], describe: Callable[..., str]) -> Callable[..., Any]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def asked(self: Table, *arguments: Any, **named: Any) -> Any:
            bound = signature.bind(self, *arguments, **named)
            bound.apply_defaults()
            values = dict(bound.arguments)
            path = _general(f"{self._prefix}{values['key']}")
            key = found.setdefault(path, Key({}, {}))
            key.kinds[describe(values)] = None
            if values.get("default") is not None:
                key.defaults[_toml(values["default"])] = None
            return method(self, *arguments, **named)

        return asked

    kinds: Mapping[str, Callable[[dict[str, Any]], str]] = {
        "text": lambda v: "string",
        "choice": lambda v: " or ".join(f'`"{one}"`' for one in dict.fromkeys(v["choices"])),
        "boolean": lambda v: "true or false",
        "number": lambda v: f"number, {v['low']:g} to {v['high']:g}",
        "integer": lambda v: _range("integer", v),
        "integers": lambda v: _range("list of integers", v),
        "texts": lambda v: "list of strings",
        "numbers": lambda v: "list of numbers",
    }
    # ``choice`` asks ``text`` in turn: only the question that the reader put counts.
    with mock.patch.multiple(Table, **{n: wrap(getattr(Table, n), d) for n, d in kinds.items()}):
        yield
    for key in found.values():
        if len(key.kinds) > 1:
            key.kinds.pop("string", None)


def _range(kind: str, values: dict[str, Any]) -> str:
    high = values["high"]
    return f"{kind}, {values['low']:,} to {high:,}" if high is not None else kind


def _general(path: str) -> str:
    path = re.sub(r"\[\d+\]", "", path)
    return re.sub(r"\blayers\.\w+", "layers.LAYER", path)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"


def _classes(cls: type, prefix: str = "") -> Iterator[tuple[str, type]]:
    """The dataclass of every table, by the table's dotted path."""
    yield prefix, cls
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        for inner in (hints[field.name], *typing.get_args(hints[field.name])):
            if dataclasses.is_dataclass(inner) and isinstance(inner, type):
                many = "layers.LAYER" if field.name == "layers" else field.name
                yield from _classes(inner, f"{prefix}.{many}".lstrip("."))


def page() -> str:
    """One section a table."""
    classes = dict(_classes(recipe.Recipe))
    tables: dict[str, list[tuple[str, str, str]]] = {}
    for path, key in keys().items():
        parent, _, name = path.rpartition(".")
        default = " or ".join(key.defaults) or _otherwise(classes.get(parent), parent, name)
        tables.setdefault(parent, []).append((f"`{name}`", " or ".join(key.kinds), default))
    sections = [_INTRO]
    for parent, rows in tables.items():
        cls = classes.get(parent)
        doc = inspect.cleandoc(cls.__doc__ or "") if cls is not None else ""
        title = f"`[{parent}]`" if parent else "The top"
        sections.append(f"## {title}\n\n{prose(doc) if parent else ''}\n")
        sections.append(table(("key", "value", "default"), rows))
    return "\n".join(sections)


def _otherwise(cls: type | None, parent: str, name: str) -> str:
    """The default of a key for which the reader names none when it asks."""
    if parent == "dataset" and name not in ("kind", "path", "window"):
        return ""
    if parent not in _LEFT_OUT:
        return "must be given"
    own = {field.name: field.default for field in dataclasses.fields(cls)} if cls else {}
    return _toml(own[name]) if own.get(name) is not None else ""


_LEFT_OUT = ("topology", "training", "quantizers", "quantizers.layers.LAYER", "jacobian.layers")
"""Tables whose keys the reader looks for before it asks, so that they may be left out."""
