"""What a network says of the data that it was trained on: in its frozen model and its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyrob import data
from tinyrob.data import units
from tinyrob.data.anomaly import KEY as ANOMALY
from tinyrob.data.anomaly import Anomaly, from_dict
from tinyrob.data.dataset import FORMS, Dataset
from tinyrob.data.own import description
from tinyrob.data.own.description import Description
from tinyrob.data.own.images import Images
from tinyrob.data.units import Units
from tinyrob.errors import DataError, ModelFormatError
from tinyrob.features.camera import Scaling
from tinyrob.features.read import KEY, from_metadata
from tinyrob.features.spec import Features
from tinyrob.files.names import is_safe

MOST_CLASSES = 65_536


@dataclass(frozen=True)
class About:
    """``classes`` of the outputs (none: unknown), ``source`` of a user's own data, what inputs
    stand for (``units``, ``form``), the ``digest`` of the data that it was trained on, and the
    ``features`` that recordings become; ``anomaly`` is what a detector gives alarm for."""

    classes: tuple[str, ...] = ()
    source: Description | None = None
    units: Units | None = None
    form: str | None = None
    digest: str | None = None
    features: Features | None = None
    anomaly: Anomaly | None = None

    def to_dict(self) -> dict[str, Any] | None:
        """As JSON has it, without the classes; None where there is nothing to say."""
        if self.source is None and self.units is None and self.form is None:
            return None
        return {
            "source": None if self.source is None else dict(self.source.values),
            "units": None if self.units is None else self.units.to_dict(),
            "form": self.form,
            "digest": self.digest,
        }

    @property
    def sensor(self) -> Units | None:
        """The units where they are a sensor's own, not those of features of sound."""
        return self.units if self.form in ("windows", "features", "pixels") else None

    @property
    def scaling(self) -> Scaling | None:
        """How pictures came to the network's size; None where it was trained on no such."""
        options = None if self.source is None else self.source.options
        return options.scaling if isinstance(options, Images) else None

    def called(self, number: int) -> str:
        """A class's name, or its number in words."""
        return self.classes[number] if number < len(self.classes) else f"class {number}"


NOTHING = About()


def metadata_of(dataset: Dataset) -> dict[str, Any]:
    """What a frozen model carries of its dataset."""
    found: dict[str, Any] = {"classes": list(dataset.classes)}
    known = {
        "source": None if dataset.source is None else dict(dataset.source),
        "units": None if dataset.units is None else dataset.units.to_dict(),
        "form": dataset.form,
    }
    if dataset.source is not None or dataset.units is not None or dataset.form != "pixels":
        found["data"] = known
    if dataset.features is not None:
        found[KEY] = dataset.features.to_dict()
    return found


def about_frozen(metadata: Mapping[str, Any]) -> About:
    """Of a frozen model's metadata; what is not readable there is left out.

    Raises ModelFormatError where it does not say soundly what an anomaly is.
    """
    found = metadata.get("data")
    told = dict(found) if isinstance(found, dict) else {}
    told["digest"] = metadata.get("data_digest")
    name = metadata.get("dataset")
    dataset = name if isinstance(name, str) else None
    return about(metadata.get("classes"), told, dataset, metadata.get(KEY), metadata.get(ANOMALY))


def about(
    classes: Any, told: Any, dataset: str | None, features: Any = None, anomaly: Any = None
) -> About:
    """Of the classes and the table that ``to_dict`` gave, of a dataset's name, and of the tables of
    features and of what an anomaly is. Raises ModelFormatError for an unsound last one."""
    told = told if isinstance(told, dict) else {}
    names = classes if isinstance(classes, list | tuple) else ()
    sound = len(names) <= MOST_CLASSES and all(isinstance(n, str) and is_safe(n) for n in names)
    form, digest = told.get("form"), told.get("digest")
    return About(
        tuple(names) if sound and names else data.classes_of(dataset or ""),
        description.from_metadata(told.get("source"), "the network"),
        units.from_dict(told.get("units")),
        form if form in FORMS else None,
        digest if isinstance(digest, str) and is_safe(digest) else None,
        _features(features),
        from_dict(anomaly, "the network"),
    )


def _features(raw: Any) -> Features | None:
    try:
        return from_metadata({KEY: raw}, "the network")
    except ModelFormatError:  # whoever needs them says so: Deployable.features
        return None


def check_units(known: About, found: Dataset, network: str) -> None:
    """Raises DataError where the data's int8 grid is not the one that the network learned."""
    if known.units is None or found.units == known.units:
        return
    theirs = "bytes" if found.units is None else f"a step of {found.units.told()}"
    raise DataError(
        f"{found.name} has another int8 grid ({theirs}) than {network} was trained on (a step of "
        f"{known.units.told()}, offset {known.units.offset[0]:g})",
        "state dataset.range in the recipe, so that it does not follow from the data; or train "
        "again",
    )


def load(known: About, name: str | None, data_dir: Any = None) -> Dataset:
    """The data that a network was trained on: its own description's, or the dataset ``name``.

    Raises DataError where they are not there, or a user's own are not those any more: then inputs
    that it was trained on may have come into the test split.
    """
    if known.source is None:
        return data.load(name or "", data_dir, known.features)
    found = data.load(known.source, data_dir, known.features)
    if known.digest is not None and found.digest != known.digest:
        raise DataError(
            f"{found.name} has changed since the network was trained on it: its test split may "
            "hold what it has seen",
            "train again, or take the data as they are: --dataset RECIPE.toml",
        )
    return found
