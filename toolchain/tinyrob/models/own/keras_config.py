"""A model's configuration, as Keras 2 and Keras 3 write it, read as data: nothing is imported.

Nested models are put in line. A layer's name is made of letters, digits and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tinyrob.files.limits import DEPTH, Damaged
from tinyrob.models.own.source import Arrays, Source, SourceLayer

_MODELS = ("Sequential", "Functional", "Model")
_MOST_LAYERS = 4096

Weights = Callable[[tuple[str, ...], tuple[tuple[str, int], ...], SourceLayer], Arrays]
"""Weights of a layer by its place: the names of the models around it and its own, and for each of
these its class and how many of that class stand before it."""


def read_config(config: Any, weights: Weights) -> Source:
    """The model that a configuration describes. Raises Damaged."""
    kind, options = _object(config)
    if kind not in _MODELS:
        raise Damaged(f"it holds a {_word(kind)}, not a Sequential or functional model")
    reader = _Reader(weights)
    output = reader.model(kind, options, (), (), None)
    first = reader.layers[0]
    shape = _shape(first)
    name = options.get("name")
    return Source(
        _plain(name if isinstance(name, str) else "model"), shape, tuple(reader.layers), output
    )


class _Reader:
    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.layers: list[SourceLayer] = []
        self.names: set[str] = set()

    def model(
        self,
        kind: str,
        options: Mapping[str, Any],
        path: tuple[str, ...],
        places: tuple[tuple[str, int], ...],
        given: str | None,
    ) -> str:
        """Appends the layers of a model that reads ``given`` (None: it is the outermost one)."""
        if len(path) > DEPTH:
            raise Damaged("its models are nested too deeply")
        entries = options.get("layers")
        if not isinstance(entries, list) or not entries:
            raise Damaged("it has no layers")
        counted = list(_counted(entries))
        if kind == "Sequential":
            return self._sequential(options, counted, path, places, given)
        return self._functional(options, counted, path, places, given)

    def _sequential(
        self,
        options: Mapping[str, Any],
        entries: list[tuple[Mapping[str, Any], int]],
        path: tuple[str, ...],
        places: tuple[tuple[str, int], ...],
        given: str | None,
    ) -> str:
        last = given
        if last is None and _object(entries[0][0])[0] != "InputLayer":
            first = _object(entries[0][0])[1]
            shape = first.get("batch_input_shape", options.get("build_input_shape"))
            last = self._add(SourceLayer("input", "InputLayer", (), {"batch_shape": shape}))
        for entry, number in entries:
            last = self._layer(entry, number, (last,) if last else (), path, places)
        assert last is not None
        return last

    def _functional(
        self,
        options: Mapping[str, Any],
        entries: list[tuple[Mapping[str, Any], int]],
        path: tuple[str, ...],
        places: tuple[tuple[str, int], ...],
        given: str | None,
    ) -> str:
        made: dict[str, str] = {}
        sources = _ends(options.get("input_layers"), "inputs")
        output = _ends(options.get("output_layers"), "outputs")
        waiting = list(entries)
        while waiting:
            ready: list[tuple[Mapping[str, Any], int, tuple[str, ...]]] = []
            later: list[tuple[Mapping[str, Any], int, tuple[str, ...]]] = []
            for entry, number in waiting:
                reads = _reads(entry)
                (ready if all(r in made for r in reads) else later).append((entry, number, reads))
            if not ready:
                entry, _, reads = later[0]
                lacking = next(r for r in reads if r not in made)
                raise Damaged(
                    f"its layer {_word(entry.get('name'))}, a {_word(_object(entry)[0])}, reads "
                    f"{_word(lacking)}, which is not there, or reads it in turn"
                )
            for entry, number, reads in ready:
                name = entry.get("name")
                if not isinstance(name, str) or name in made:
                    raise Damaged("two of its layers have one name, or one has none")
                if _object(entry)[0] == "InputLayer" and given is not None and name == sources:
                    made[name] = given
                else:
                    inputs = tuple(made[r] for r in reads)
                    made[name] = self._layer(entry, number, inputs, path, places)
            waiting = [(entry, number) for entry, number, _ in later]
        if output not in made:
            raise Damaged("its output is none of its layers")
        return made[output]

    def _layer(
        self,
        entry: Mapping[str, Any],
        number: int,
        inputs: tuple[str, ...],
        path: tuple[str, ...],
        places: tuple[tuple[str, int], ...],
    ) -> str:
        kind, options = _object(entry)
        name = options.get("name", entry.get("name"))
        if not isinstance(name, str) or not name:
            raise Damaged(f"a layer of the class {_word(kind)} has no name")
        inner, where = (*path, name), (*places, (kind, number))
        if kind in _MODELS:
            if len(inputs) != 1:
                raise Damaged(f"the model {_word(name)} in it reads {len(inputs)} tensors")
            return self.model(kind, options, inner, where, inputs[0])
        if kind == "InputLayer" and path and inputs:
            return inputs[0]
        if kind != "InputLayer" and not inputs:
            raise Damaged(f"the layer {_word(name)} in it reads nothing")
        layer = SourceLayer("_".join(map(_plain, inner)), kind, inputs, options)
        if kind != "InputLayer":
            layer = replace(layer, weights=self.weights(inner, where, layer))
        return self._add(layer)

    def _add(self, layer: SourceLayer) -> str:
        if len(self.layers) >= _MOST_LAYERS:
            raise Damaged(f"it has more than {_MOST_LAYERS} layers")
        name, number = layer.name, 1
        while name in self.names:
            number += 1
            name = f"{layer.name}_{number}"
        self.names.add(name)
        self.layers.append(replace(layer, name=name))
        return name


def _counted(entries: list[Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    seen: dict[str, int] = {}
    for entry in entries:
        kind, _ = _object(entry)
        yield entry, seen.setdefault(kind, 0)
        seen[kind] += 1


def _object(value: Any) -> tuple[str, Mapping[str, Any]]:
    """The class and the options of an object."""
    if isinstance(value, dict):
        kind, options = value.get("class_name"), value.get("config")
        if isinstance(options, list):  # Keras before 2.3 wrote a Sequential model so
            options = {"layers": options}
        if isinstance(kind, str) and isinstance(options, dict):
            return kind, options
    raise Damaged("its configuration is not what Keras writes")


def _ends(value: Any, what: str) -> str:
    """The only input or output: ``["a", 0, 0]``, or ``[["a", 0, 0]]``."""
    items = value
    if isinstance(items, dict):
        items = list(items.values())
    if isinstance(items, list) and items and isinstance(items[0], list):
        if len(items) != 1:
            raise Damaged(f"it has {len(items)} {what}, and one can be trained and deployed")
        items = items[0]
    if not isinstance(items, list) or not items or not isinstance(items[0], str):
        raise Damaged(f"it does not say its {what}")
    return items[0]


def _reads(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the layers that one reads, once for each time that it is called."""
    nodes = entry.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise Damaged("its configuration is not what Keras writes")
    if len(nodes) > 1:
        raise Damaged(
            f"the layer {_word(entry.get('name'))} is applied {len(nodes)} times: use one layer "
            "for each place"
        )
    return tuple(_histories(nodes, 0))


def _histories(value: Any, depth: int) -> Iterator[str]:
    if depth > DEPTH:
        raise Damaged("its configuration is nested too deeply")
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int:
            yield value[0]
            return
        for item in value:
            yield from _histories(item, depth + 1)
    elif isinstance(value, dict):
        config = value.get("config")
        if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
            yield from _histories(config.get("keras_history"), depth + 1)
            return
        for item in value.values():
            yield from _histories(item, depth + 1)


def _shape(layer: SourceLayer) -> tuple[int, ...]:
    if layer.kind != "InputLayer":
        raise Damaged("its first layer is no input")
    options = layer.options
    shape = options.get("batch_shape", options.get("batch_input_shape"))
    if isinstance(shape, list | tuple):
        sizes = shape[1:]
        if sizes and all(type(n) is int and 0 < n <= 1 << 20 for n in sizes):
            return tuple(sizes)
    raise Damaged(
        "its input has no fixed shape: give it all sizes but the batch's, as in "
        "keras.Input((32, 32, 3))"
    )


def _plain(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:100].strip("_")
    return plain or "layer"


def _word(value: Any) -> str:
    return repr(value[:60]) if isinstance(value, str) and value.isprintable() else "?"
