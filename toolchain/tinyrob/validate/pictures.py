"""A folder of pictures as a network's inputs, made as firmware makes them of a camera's frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Labels, to_int8
from tinyrob.data.own import folders, images
from tinyrob.data.own.complaints import Complaints
from tinyrob.data.own.split import Split
from tinyrob.errors import DataError
from tinyrob.features import camera
from tinyrob.files.limits import Damaged
from tinyrob.project.manifest import Manifest


def of_folder(
    root: Path, manifest: Manifest, count: int | None, seed: int
) -> tuple[NDArray[np.int8], Labels | None]:
    """``count`` (None: all) of the pictures, in random order, as int8 (N, height, width, channels),
    and their classes' numbers where they lie in folders of the network's classes.

    Raises DataError for a network that takes no pictures, and with every file that is wrong.
    """
    shape, signature = manifest.input.shape, manifest.input
    grid = (signature.scale, signature.zero_point)
    if not camera.takes_pixels(shape, signature.inner, *grid) or manifest.features is not None:
        raise DataError(
            f"{manifest.model} takes {shape}, no picture of bytes", "give its inputs with --input"
        )
    paths, labels = _found(root, manifest)
    order = np.random.default_rng(seed).permutation(len(paths))[:count]
    how = camera.from_manifest(manifest.camera, str(root))
    library, made = images.pillow(), []
    wrong = Complaints("replace or remove these files")
    for number in order:
        try:
            picture = images.read(library, paths[number])
        except (Damaged, OSError) as error:
            wrong.failed(paths[number], error)
            continue
        made.append(images.fitted(picture, (shape[0], shape[1]), shape[2], how))
    wrong.check()
    return to_int8(np.stack(made)), None if labels is None else labels[order]


def _found(root: Path, manifest: Manifest) -> tuple[tuple[Path, ...], Labels | None]:
    beside = sorted(p for p in root.iterdir() if p.suffix.lower() in images.SUFFIXES)
    if beside:
        return tuple(beside), None
    files = folders.find(root, images.FILES, Split(test=0.0), "", ())
    known = manifest.classes
    if not known:
        return files.paths, None
    strange = [name for name in files.classes if name not in known]
    if strange:
        raise DataError(
            f"{root} has a folder {strange[0]!r}, which is no class of {manifest.model}",
            f"its classes are {', '.join(known)}",
        )
    numbers = np.array([known.index(name) for name in files.classes], np.int64)
    return files.paths, numbers[[item.label for item in files.items]]
