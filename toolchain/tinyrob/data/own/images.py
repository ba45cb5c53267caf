"""Pictures in a folder a class: PNG, JPEG, WebP and BMP, by Pillow."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own.complaints import Complaints
from tinyrob.data.own.folders import Files, Kind, find, group_pattern
from tinyrob.data.own.made import Made
from tinyrob.data.own.split import Split
from tinyrob.errors import DataError, ToolMissing
from tinyrob.features import camera
from tinyrob.features.camera import Scaling
from tinyrob.files.installed import install_command
from tinyrob.files.limits import DATA_BYTES, MIB, Damaged, read_limited
from tinyrob.files.toml_table import Table

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
FILES = Kind("pictures", SUFFIXES, (".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".raw"))
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MOST_PIXELS = 64 * 1024 * 1024
FILE_BYTES = 64 * MIB
LARGEST = 1024  # of a network's input's sides


@dataclass(frozen=True)
class Images:
    """``size`` is (height, width), None where all are alike; ``channels`` 1 or 3, 0 as they are;
    ``scaling`` how pictures of another size come to it."""

    size: tuple[int, int] | None
    channels: int
    scaling: Scaling
    group: str
    classes: tuple[str, ...]


def ask(t: Table) -> Images:
    """The keys of pictures."""
    size: tuple[int, int] | None = None
    if t.is_list("size"):
        sides = t.integers("size", 1, LARGEST)
        if len(sides) != 2:
            raise t.wrong("size", f"must be a side or [height, width], is {list(sides)}")
        size = sides[0], sides[1]
    elif t.has("size"):
        side = t.integer("size", 1, LARGEST)
        size = side, side
    channels = t.integer("channels", 1, 3) if t.has("channels") else 0
    if channels == 2:
        raise t.wrong("channels", "must be 1 (grey) or 3 (red, green, blue), is 2")
    return Images(
        size,
        channels,
        camera.read(t),
        group_pattern(t),
        t.texts("classes") if t.has("classes") else (),
    )


def load(options: Images, how: Split, root: Path) -> Made:
    """All pictures as bytes (N, H, W, C). Raises DataError with every file that is wrong."""
    files = find(root, FILES, how, options.group, options.classes)
    library = pillow()
    wrong = Complaints("replace or remove these files")
    pictures = []
    for path in files.paths:
        try:
            pictures.append(read(library, path))
        except (Damaged, OSError) as error:
            wrong.failed(path, error)
    wrong.check()
    channels = options.channels or max(_channels(picture) for picture in pictures)
    size = options.size or _common_size(files, pictures)
    if len(pictures) * size[0] * size[1] * channels > DATA_BYTES:
        raise DataError(
            f"{len(pictures):,} pictures of {size[0]}x{size[1]}x{channels} are more than "
            f"{DATA_BYTES // MIB:,} MiB",
            "choose a smaller dataset.size",
        )
    x = np.stack([fitted(one, size, channels, options.scaling) for one in pictures])
    return Made(x, files.items, files.place, files.classes, None, "pixels")


def pillow() -> Any:
    """Pillow's modules Image and ImageOps. Raises ToolMissing."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ToolMissing("pictures are read by Pillow", install_command("data")) from None
    return Image, ImageOps


def measure(library: Any, path: Path) -> tuple[int, int, int]:
    """A picture's height, width and channels (1 or 3). Raises OSError, Damaged."""
    picture = read(library, path)
    return picture.height, picture.width, _channels(picture)


def read(library: Any, path: Path) -> Any:
    """A picture, decoded and turned as its EXIF says. Raises OSError, Damaged."""
    image_of, operations = library
    content = read_limited(path, FILE_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its size is judged below, before anything is inflated
        try:
            picture = image_of.open(io.BytesIO(content), formats=FORMATS)
        except image_of.DecompressionBombError:
            raise Damaged(f"it has more than {MOST_PIXELS:,} pixels") from None
        except Exception:  # Pillow raises what it likes on a file that it cannot read
            raise Damaged(f"it is no picture ({', '.join(FORMATS)})") from None
        if picture.width * picture.height > MOST_PIXELS:
            raise Damaged(
                f"{picture.width:,} x {picture.height:,} are more than {MOST_PIXELS:,} pixels"
            )
        try:
            picture.load()
            turned = operations.exif_transpose(picture)
        except Exception as error:
            raise Damaged(f"it is damaged: {str(error)[:120]}") from None
    return _eight_bits(image_of, turned)


def _eight_bits(image_of: Any, picture: Any) -> Any:
    """Grey of 16 bits loses its lower eight; palettes and transparency become colours on black."""
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture).astype(np.float64)
        return image_of.fromarray(np.clip(values / 256.0, 0, 255).astype(np.uint8))
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode == "LA":
        grey = image_of.new("L", picture.size, 0)
        grey.paste(picture.convert("L"), mask=picture.getchannel("A"))
        return grey
    if "A" in picture.mode or "transparency" in picture.info:
        solid = picture.convert("RGBA")
        colours = image_of.new("RGB", picture.size, (0, 0, 0))
        colours.paste(solid, mask=solid.getchannel("A"))
        return colours
    return picture.convert("RGB")


def _channels(picture: Any) -> int:
    return 1 if picture.mode == "L" else 3


def _common_size(files: Files, pictures: list[Any]) -> tuple[int, int]:
    sizes: dict[tuple[int, int], Path] = {}
    for path, picture in zip(files.paths, pictures, strict=True):
        sizes.setdefault((picture.height, picture.width), path)
    if len(sizes) > 1:
        shown = [f"{h}x{w} ({path})" for (h, w), path in list(sizes.items())[:3]]
        raise DataError(
            f"the pictures have {len(sizes)} different sizes: {', '.join(shown)}",
            'state one, such as dataset.size = [32, 32], and how it is reached: fit = "crop", '
            '"pad" or "stretch"',
        )
    (size,) = sizes
    if max(size) > LARGEST:
        raise DataError(
            f"pictures of {size[0]}x{size[1]} are no input for a microcontroller",
            "state dataset.size, such as [32, 32]",
        )
    return size


def fitted(picture: Any, size: tuple[int, int], channels: int, how: Scaling) -> NDArray[np.uint8]:
    """The picture as bytes (H, W, C), in integers, as firmware makes it of a camera's frame."""
    picture = picture.convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(picture, np.uint8).reshape(picture.height, picture.width, channels)
    return camera.scaled(pixels, size, how)
