"""A network's front ends in a build: which, whether they fit the network, and their sources."""

from __future__ import annotations

import math
from dataclasses import replace

from tinyrob.boards.drivers import CAMERA, MICROPHONE, SENSORS, boards_with, driver_of
from tinyrob.boards.read import Board, all_boards
from tinyrob.deployable import Deployable
from tinyrob.emit.frontend import emit_frontend
from tinyrob.emit.listen import emit_listen, posteriors_of
from tinyrob.emit.picture import emit_look, emit_picture, is_picture
from tinyrob.errors import BuildError, ModelFormatError
from tinyrob.features import camera, decisions
from tinyrob.features.camera import Scaling
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.plan import BuildPlan
from tinyrob.files.toml_table import Table
from tinyrob.ir.operators import AssignVariable

LISTEN = "listen"
"""The app that takes sound."""
SOUND = (LISTEN, MICROPHONE)
"""It, and the same of the board's own microphone."""
LOOK = "look"
"""The app that takes a camera's frames."""
PICTURES = (LOOK, CAMERA)
"""It, and the same of the board's own camera."""


def named(model: Deployable, classes: tuple[str, ...]) -> Deployable:
    """The model with names for its outputs' values, where it has none. Raises BuildError."""
    if not classes or model.classes == classes:
        return model
    if model.classes:
        raise BuildError(
            f"{model.name} has classes of its own ({', '.join(model.classes)}), others than those "
            f"given ({', '.join(classes)})",
            "leave classes out of the file",
        )
    count = model.graph.tensors[model.graph.outputs[0]].elements
    if len(classes) != count or len(set(classes)) != count:
        raise BuildError(
            f"{model.name} has {count} outputs, and the file names "
            f"{len(set(classes))} different classes",
            "name each output once, in their order",
        )
    return replace(model, about=replace(model.about, classes=classes))


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
        flat = (features.frames * features.width,)
        if len(model.graph.inputs) != 1 or (
            _squeezed(shape) not in (_squeezed(features.shape), _squeezed(flat))
        ):
            frames, rest = divmod(math.prod(shape), features.width)
            raise BuildError(
                f"the features make inputs of {features.frames} x {features.width}, and "
                f"{model.name} takes {shape}",
                "name the features that the network was trained on"
                + (f": with frames = {frames}?" if frames and not rest else ""),
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
        if app in SOUND:
            raise BuildError(
                f"{model.name} says nothing of the features that it was trained on, and the app "
                f"{app} computes them",
                "name them with --features FILE.toml (docs: features of sound), or train with a "
                "[features] table",
            )
        return BuildPlan()
    plan = emit_frontend(features, model.graph.name, name)
    if app not in SOUND:
        return plan
    if len(model.graph.outputs) != 1:
        raise BuildError(f"the app {app} knows networks of one output", "--app none is a library")
    how = how or decisions_of(model, features)
    _check_posteriors(model)
    _check_state(model, features, how)
    _check_stream(model, features, how)
    return plan | emit_listen(
        model.graph, classes_of(model), how, name, model.stream, app == MICROPHONE
    )


def _check_posteriors(model: Deployable) -> None:
    """Raises BuildError where a network's one output is no probability."""
    graph = model.graph
    if graph.tensors[graph.outputs[0]].elements == 1 and posteriors_of(graph) is not None:
        raise BuildError(
            f"{model.name} has one output, which no sigmoid makes a probability: of one there is "
            "nothing to tell apart",
            "let it end in a sigmoid, or in an output a class",
        )


def _check_state(model: Deployable, features: Features, how: Decisions) -> None:
    """Raises BuildError where a network that keeps a state would miss frames, or get some twice."""
    if _follows(model) and how.stride != features.frames:
        raise BuildError(
            f"{model.name} keeps a state from {features.frames} frames to the next "
            f"{features.frames}, and is run every {how.stride}",
            f"set the stride of [{decisions.KEY}] to {features.frames}",
        )


def _check_stream(model: Deployable, features: Features, how: Decisions) -> None:
    """Raises BuildError where a stream's pushes are no frames, or decisions fall between them."""
    stream = model.stream
    if stream is None:
        return
    time = next((i for i, size in enumerate(stream.shape) if size != 1), 0)
    if stream.axis != time:
        raise BuildError(
            f"{model.name} takes a stream along axis {stream.axis}, and its features' frames come "
            f"along axis {time}",
            f"build it with --stream {time}",
        )
    if how.stride % stream.steps:
        raise BuildError(
            f"{model.name} takes {stream.steps} frames a push, and decisions are made every "
            f"{how.stride}",
            f"set the stride of [listen] to a multiple of {stream.steps}",
        )


def check_sensor(
    board: Board, app: str, features: Features | None, driver: bytes | None = None
) -> None:
    """Raises BuildError where the app wants a microphone or a camera that the board has not and no
    ``driver`` is for, or a microphone of another rate."""
    if driver is not None:
        if app not in SENSORS:
            raise BuildError(
                f"the app {app} takes no driver of a sensor",
                f"a driver is for --app {MICROPHONE} and --app {CAMERA}",
            )
        return
    if app == MICROPHONE and board.microphone is not None:
        if features is not None and features.rate != board.microphone.rate:
            raise BuildError(
                f"the microphone of {board.name} gives {board.microphone.rate:,} samples a second, "
                f"the features take {features.rate:,}",
                "train on features of that rate",
            )
    elif app in SENSORS:
        raise BuildError(
            f"{board.name} has no {app} that tinyrob reads by itself", _another(board, app)
        )


def _another(board: Board, sensor: str) -> str:
    having = [one.name for one in all_boards() if one.microphone and sensor == MICROPHONE]
    if driver_of(board, sensor) is None:
        having += boards_with(sensor)
        return (
            f"boards that have one, or a driver to begin with: {', '.join(having)}; or give a "
            f"driver of your own: --driver FILE.c (firmware/drivers/README.md)"
        )
    hint = (
        f"`tinyrob boards {board.name} --driver {sensor}` prints one to wire and fill in: "
        f"save it, and build with --driver FILE.c"
    )
    return hint + (f"; boards that have one: {', '.join(having)}" if having else "")


def scaling_of(model: Deployable, given: Scaling | None) -> Scaling:
    """How frames become the model's pictures: as it was trained, or as given where it says nothing
    of that. Raises BuildError where both are there and differ."""
    own = model.about.scaling
    if given is not None and own is not None and given != own:
        raise BuildError(
            f"{model.name} was trained on pictures of fit {own.fit!r} and resize {own.resize!r}, "
            f"and the table [{camera.KEY}] has {given.fit!r} and {given.resize!r}",
            "leave that table out: the model carries its own",
        )
    return own or given or camera.DEFAULT


def emit_camera(model: Deployable, how: Scaling, name: str, app: str) -> BuildPlan:
    """Functions that make the input of a camera's frames, for a library and for the app ``look``;
    nothing where the input is no picture. Raises BuildError where that app is asked for."""
    if app not in ("none", *PICTURES) or (model.stream is not None and app == "none"):
        return BuildPlan()
    if model.stream is not None:
        raise BuildError(
            f"{model.name} takes a stream, and the app {app} makes whole pictures",
            "build it without --stream",
        )
    if not is_picture(model.graph) or len(model.graph.outputs) != 1:
        if app in PICTURES:
            raise BuildError(
                f"{model.name} takes no picture of bytes, and the app {app} makes one of frames",
                "it is for networks of one input (height, width, 1 or 3) and one output",
            )
        return BuildPlan()
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    height, width, channels = shape
    plan = emit_picture((height, width, channels), model.graph.name, name, how)
    if app not in PICTURES:
        return plan
    return plan | emit_look(model.graph, classes_of(model), name, app == CAMERA)


def decisions_of(model: Deployable, features: Features | None = None) -> Decisions:
    """What the model carries, or the default: a network that keeps a state is run on each of its
    ``features``' frames once. Raises ModelFormatError where what it carries is damaged."""
    raw = None if model.frozen is None else model.frozen.metadata.get(decisions.KEY)
    if raw is None and features is not None and _follows(model):
        return Decisions(stride=features.frames)
    if raw is None:
        return Decisions()
    if not isinstance(raw, dict):
        raise ModelFormatError(f"{model.name}: its {decisions.KEY} is no table", "freeze it again")
    return decisions.read(Table(raw, model.name, f"{decisions.KEY}.", ModelFormatError))


def classes_of(model: Deployable) -> tuple[str, ...]:
    """A name for each value of the output."""
    count = model.graph.tensors[model.graph.outputs[0]].elements
    return tuple(map(model.about.called, range(count)))


def _follows(model: Deployable) -> bool:
    """Whether the file itself keeps what it has computed of earlier frames, as microWakeWord's."""
    ops = model.graph.ops
    return model.stream is None and any(isinstance(op.attributes, AssignVariable) for op in ops)


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
