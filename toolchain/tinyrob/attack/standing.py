"""What lies in front of the network for an attacker who stands there, and what it attacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball
from tinyrob.attack.front_frame import FrameFront, enlarged
from tinyrob.attack.front_sound import Rooms, SoundFront, float_front, integer_front
from tinyrob.attack.fronts import Front
from tinyrob.attack.grid import Norm
from tinyrob.attack.places import PLACES
from tinyrob.attack.samples import Samples, array, dataset_of
from tinyrob.attack.settings import Settings
from tinyrob.attack.suites import Suite
from tinyrob.data.dataset import Dataset
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError, TinyrobError, UnsupportedModel, did_you_mean
from tinyrob.features import camera

LINF, SNR = (16.0, 64.0, 256.0), (40.0, 30.0, 20.0)
"""What a recording is moved by unless the user says: int16 steps, and decibels."""
_LARGER = 4
"""A camera's frame, in pictures a side, unless the user says."""
_MOST_ROOMS = 64


def check(settings: Settings) -> None:
    """Raises TinyrobError for settings that would be ignored, or make no sense, at their place."""
    at = settings.at
    if at not in PLACES:
        raise TinyrobError(
            f"there is no place {at!r} to attack at",
            f"{did_you_mean(str(at), PLACES)}places: {', '.join(PLACES)}",
        )
    if settings.snr is not None and at != "samples":
        raise TinyrobError("--snr is for recordings", "add --at samples, or leave it out")
    if settings.rooms != 1 and at != "samples":
        raise TinyrobError("--rooms are for recordings", "add --at samples, or leave it out")
    if not 1 <= settings.rooms <= _MOST_ROOMS:
        raise TinyrobError(
            f"{settings.rooms} rooms: there are 1 to {_MOST_ROOMS}", "16 are many already"
        )
    if settings.frame is not None and at != "frame":
        raise TinyrobError("--frame is a camera's", "add --at frame, or leave it out")
    if at in ("samples", "frame") and (settings.surrogate or settings.transfer):
        raise TinyrobError(
            f"--surrogate and --transfer are for the network's own input, not for --at {at}",
            "leave them out",
        )


def balls(settings: Settings, chosen: Suite) -> list[Ball]:
    """What is searched: the suite's balls, or the user's."""
    sound = settings.at == "samples"
    linf = (LINF if sound else chosen.linf) if settings.linf is None else settings.linf
    l2 = (() if sound else chosen.l2) if settings.l2 is None else settings.l2
    snr = (SNR if sound else ()) if settings.snr is None else settings.snr
    norms = ((Norm.LINF, linf), (Norm.L2, l2), (Norm.SNR, snr))
    return [Ball(norm, eps) for norm, all_eps in norms for eps in all_eps]


def suited(settings: Settings, chosen: Suite) -> Suite:
    """The suite's attacks that there are at the place: no search for a least perturbation, and no
    transfer, in front of a network."""
    if settings.at in ("features", "pixels"):
        return chosen
    kept = tuple(spec for spec in chosen.specs if not spec.minimal and spec.kind != "transfer")
    if not kept:
        raise TinyrobError(
            f"none of these attacks is there for --at {settings.at}",
            "take noise, fgsm, pgd-20, pgd-100, apgd-ce, apgd-dlr, apgd-t or square",
        )
    return replace(chosen, specs=kept)


def stand(settings: Settings, model: Deployable, count: int) -> tuple[Front, Samples]:
    """The front of ``--at samples`` and ``--at frame``, and the first ``count`` inputs to it.

    Raises UnsupportedModel for a network that has no such front, DataError for data that are no
    recordings, or of another shape.
    """
    own = None
    if settings.inputs is not None or settings.labels is not None:
        if settings.inputs is None or settings.labels is None:
            raise DataError("--input and --labels go together", "give both, as .npy files")
        own = array(settings.inputs, "inputs"), array(settings.labels, "labels")
    name, found = (own[0][0], None) if own else dataset_of(settings, model)
    if settings.at == "samples":
        front: Front = _sound(settings, model, name)
        x = own[0][1] if own else _recorded(front, found, name, count)
    else:
        front, x = _camera(settings, model, own[0][1] if own else _pictures(found, count))
    y = own[1][1] if own else found.y_test[:count] if found else np.zeros(0)
    x, y = np.asarray(x)[:count], np.asarray(y)[:count]
    _check_arrays(front, model, name, x, y)
    classes = list(found.classes) if found else list(model.classes)
    title = Path(name).name if own else name
    return front, Samples(title, np.ascontiguousarray(x), y.astype(np.int64), classes, None, None)


def _sound(settings: Settings, model: Deployable, dataset: str) -> SoundFront:
    rooms = Rooms(settings.rooms, settings.room_gain, settings.room_shift)
    played = rooms if settings.rooms > 1 else None
    if model.features is not None:
        return integer_front(model.features, played)
    if (model.dataset or dataset).startswith("speech_commands"):
        return float_front(played)
    raise UnsupportedModel(
        f"{model.name} says nothing of the features that it was trained on: what comes before "
        "them cannot be attacked",
        "attack it at its own input (--at features), or train with a [features] table",
    )


def _recorded(front: Front, found: Dataset | None, name: str, count: int) -> NDArray[Any]:
    if found is None or found.recorded is None:
        raise DataError(
            f"{name} are no recordings", "give int16 samples (N, n) and labels: --input --labels"
        )
    samples = found.recorded("test", np.arange(min(count, len(found.y_test))))
    missing = front.shape[0] - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, max(0, missing))))[:, : front.shape[0]]


def _pictures(found: Dataset | None, count: int) -> NDArray[Any]:
    assert found is not None
    return found.x_test[:count]


def _camera(
    settings: Settings, model: Deployable, pictures: NDArray[Any]
) -> tuple[FrameFront, NDArray[Any]]:
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    if len(shape) != 3 or shape[2] not in (1, 3) or model.features is not None:
        raise UnsupportedModel(
            f"{model.name} takes {shape}, no picture of a camera's",
            "--at frame is for inputs (height, width, 1 or 3)",
        )
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or pictures.shape[3] != shape[2]:
        raise DataError(
            f"the frames are {pictures.dtype} {pictures.shape}, not bytes (N, height, width, "
            f"{shape[2]})",
            "save them as uint8 with numpy.save",
        )
    height, width = pictures.shape[1:3]
    same = (height, width) == shape[:2]
    frame = settings.frame or ((_LARGER * height, _LARGER * width) if same else (height, width))
    how = model.about.scaling or camera.DEFAULT
    front = FrameFront(frame, (shape[0], shape[1], shape[2]), how)
    return front, pictures if frame == (height, width) else enlarged(pictures, frame)


def _check_arrays(
    front: Front, model: Deployable, name: str, x: NDArray[Any], y: NDArray[Any]
) -> None:
    if x.dtype != front.dtype or x.shape[1:] != front.shape:
        raise DataError(
            f"{name} holds {x.dtype} of shape {x.shape}, not {front.dtype} (N, "
            f"{', '.join(map(str, front.shape))})",
            f"that is what --at {front.place} takes for {model.name}",
        )
    outputs = model.graph.tensors[model.graph.outputs[0]].elements
    integers = np.issubdtype(y.dtype, np.integer)
    if not integers or y.shape != (len(x),) or (len(y) and not 0 <= y.min() <= y.max() < outputs):
        raise DataError(
            f"the labels are {y.dtype} {y.shape}, not {len(x)} class numbers below {outputs}",
            "save one integer for each input with numpy.save",
        )
