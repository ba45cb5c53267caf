"""A network's front ends in a build: which, whether they fit the network, and their sources."""

from __future__ import annotations

from tinyrob.deployable import Deployable
from tinyrob.emit.frontend import emit_frontend
from tinyrob.emit.listen import emit_listen
from tinyrob.emit.picture import emit_look, emit_picture, is_picture
from tinyrob.errors import BuildError, ModelFormatError
from tinyrob.features import decisions
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.plan import BuildPlan
from tinyrob.files.toml_table import Table

LISTEN = "listen"
"""The app that takes sound."""
LOOK = "look"
"""The app that takes a camera's frames."""


def features_of(model: Deployable, given: Features | None) -> Features | None:
    """The model's own features, or those given where it says nothing of them.

    Raises BuildError where both are there and differ, and where they do not fit the network.
    """
    own = model.features
    if given is not None and own is not None and given != own:
        raise BuildError(
            f"{model.name} was trained on other features (digest {own.digest}) than those given "
            f"({given.digest})",
            "leave --features out: the model carries its own",
        )
    features = given or own
    if features is not None:
        shape = model.input_shape
        if len(model.graph.inputs) != 1 or _squeezed(shape) != _squeezed(features.shape):
            raise BuildError(
                f"the features make inputs of {features.frames} x {features.width}, and "
                f"{model.name} takes {shape}",
                "name the features that the network was trained on",
            )
    return features


def emit_sound(
    model: Deployable, features: Features | None, app: str, how: Decisions | None, name: str
) -> BuildPlan:
    """The front end's sources, whose symbols begin with ``name``, and what the app ``listen`` needs
    beside it; nothing for a network without features.

    Raises BuildError where that app is asked for and cannot be built.
    """
    if features is None:
        if app == LISTEN:
            raise BuildError(
                f"{model.name} says nothing of the features that it was trained on, and the app "
                "listen computes them",
                "name them with --features FILE.toml (docs: features of sound), or train with a "
                "[features] table",
            )
        return BuildPlan()
    plan = emit_frontend(features, model.graph.name, name)
    if app != LISTEN:
        return plan
    if len(model.graph.outputs) != 1:
        raise BuildError("the app listen knows networks of one output", "--app none is a library")
    return plan | emit_listen(model.graph, classes_of(model), how or decisions_of(model), name)


def emit_camera(model: Deployable, name: str, app: str) -> BuildPlan:
    """Functions that make the input of a camera's frames, for a library and for the app ``look``;
    nothing where the input is no picture. Raises BuildError where that app is asked for."""
    if app not in ("none", LOOK):
        return BuildPlan()
    if not is_picture(model.graph) or len(model.graph.outputs) != 1:
        if app == LOOK:
            raise BuildError(
                f"{model.name} takes no picture of bytes, and the app look makes one of frames",
                "it is for networks of one input (height, width, 1 or 3) and one output",
            )
        return BuildPlan()
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    height, width, channels = shape
    plan = emit_picture((height, width, channels), model.graph.name, name)
    return plan | emit_look(model.graph, classes_of(model), name) if app == LOOK else plan


def decisions_of(model: Deployable) -> Decisions:
    """What the model carries, or the default. Raises ModelFormatError where that is damaged."""
    raw = None if model.frozen is None else model.frozen.metadata.get(decisions.KEY)
    if raw is None:
        return Decisions()
    if not isinstance(raw, dict):
        raise ModelFormatError(f"{model.name}: its {decisions.KEY} is no table", "freeze it again")
    return decisions.read(Table(raw, model.name, f"{decisions.KEY}.", ModelFormatError))


def classes_of(model: Deployable) -> tuple[str, ...]:
    """A name for each value of the output."""
    count = model.graph.tensors[model.graph.outputs[0]].elements
    return tuple(map(model.about.called, range(count)))


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
