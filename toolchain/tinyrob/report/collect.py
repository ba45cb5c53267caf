"""Finds what a folder knows: an attack's result, a build's manifest, validations, baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyrob.attack.result import VERSION
from tinyrob.attack.session import EXAMPLES, RESULT
from tinyrob.build.detection import RESULT as DETECTION
from tinyrob.errors import DataError
from tinyrob.files.archive import read_npz
from tinyrob.files.json_text import Form, check, read_json
from tinyrob.files.limits import Damaged
from tinyrob.files.version import __version__
from tinyrob.project.build_folder import check_one
from tinyrob.project.manifest import FILE as MANIFEST
from tinyrob.report import forms
from tinyrob.timing.kept import kept_estimate

VALIDATION = "validate.json"
FORMAT = 1
Examples = dict[str, NDArray[Any]]


def collect(
    folder: Path, baselines: Sequence[Path] = (), validation: Path | None = None
) -> tuple[dict[str, Any], Examples]:
    """The report's JSON and its gallery's arrays.

    ``folder`` is an attack's or a build's, or holds both in subfolders; ``baselines`` are other
    networks' folders (or their attack.json). Keys: attack, build, estimate, validation, detection
    (None where absent), baselines [{attack, build}], tinyrob. Raises DataError where there is
    nothing to report, or a file is damaged.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}", "`tinyrob attack` and `build` make one")
    attack, build = _find(folder, RESULT), _find(folder, MANIFEST)
    if attack is None and build is None:
        raise DataError(
            f"{folder} holds neither {RESULT} nor {MANIFEST}: there is nothing to report",
            "name the folder of `tinyrob attack` or `tinyrob build`",
        )
    checked = validation or _find(folder, VALIDATION)
    detection = _find(folder, DETECTION)
    data: dict[str, Any] = {
        "attack": None if attack is None else _attack(attack),
        "build": None if build is None else _build(build),
        "estimate": None if build is None else _estimate(build),
        "validation": None if checked is None else _validation(checked),
        "detection": None if detection is None else _read(detection, forms.DETECTION),
        "baselines": [_baseline(path) for path in baselines],
        "tinyrob": __version__,
        "format": FORMAT,
    }
    if data["attack"] and data["build"]:
        attacked, built = data["attack"]["model_digest"], data["build"]["model_digest"]
        if attacked != built:
            raise DataError(
                f"{attack} and {build} are about different networks",
                "report a folder that holds one network's attack and build",
            )
    known = data["attack"] or data["build"]
    if (
        checked
        and data["validation"].get("model_digest", known["model_digest"]) != (known["model_digest"])
    ):
        raise DataError(
            f"{checked} is a validation of another network than {known['model']}",
            "validate this network's build: tinyrob validate DIR --json > validate.json",
        )
    if detection and data["detection"]["model_digest"] != known["model_digest"]:
        raise DataError(
            f"{detection} is about another network than {known['model']}",
            "report a folder that holds one network's figures",
        )
    return data, {} if attack is None else _examples(attack.parent / EXAMPLES)


def assemble(
    build: Mapping[str, Any],
    attack: Mapping[str, Any] | None,
    validation: Mapping[str, Any] | None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """The report's JSON for results in memory; ``folder`` is the build's, where there is one.
    Raises DataError where they are of two networks."""
    for what, other in (("attack", attack), ("validation", validation)):
        if other is not None and other["model_digest"] != build["model_digest"]:
            raise DataError(
                f"the {what} is of another network ({other['model']}) than the build "
                f"({build['model']})",
                f"report the build's own {what}",
            )
    return {
        "attack": attack,
        "build": _shown(build),
        "estimate": None if folder is None else kept_estimate(folder, build["elf_digest"]),
        "validation": validation,
        "detection": None,
        "baselines": [],
        "tinyrob": __version__,
        "format": FORMAT,
    }


def find_build(folder: Path) -> Path:
    """The build's folder, in ``folder`` or just below. Raises DataError where there is none."""
    build = _find(folder, MANIFEST)
    if build is None:
        raise DataError(
            f"{folder} holds no build that a page could run",
            f"tinyrob build MODEL --target stm32 --out {folder / 'build'}",
        )
    return build.parent


def _find(folder: Path, name: str) -> Path | None:
    """The file in the folder, or in one folder below it. Raises DataError where several are."""
    if (folder / name).is_file():
        return folder / name
    found = sorted(folder.glob(f"*/{name}"))
    if len(found) > 1:
        listed = ", ".join(str(path.parent) for path in found)
        raise DataError(f"{folder} holds several {name}: {listed}", "name one of these folders")
    return found[0] if found else None


def _read(path: Path, form: Form) -> dict[str, Any]:
    """The object in a JSON file. Raises DataError where it is not of the form."""
    try:
        value = read_json(path)
        check(value, form)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", "check the path") from None
    except Damaged as error:
        raise DataError(
            f"{path} is damaged, or of another version: {error}", "make it again"
        ) from None
    return dict(value)


def _attack(path: Path) -> dict[str, Any]:
    attack = _read(path, {"format": object})
    if attack["format"] != VERSION:
        raise DataError(f"{path} is of another version of tinyrob", "run the attack again")
    attack = _read(path, forms.ATTACK)
    try:
        forms.check_attack(attack)
    except Damaged as error:
        raise DataError(f"{path} is damaged: {error}", "run the attack again") from None
    return attack


def _build(path: Path) -> dict[str, Any]:
    check_one(path.parent, _read(path, {}))
    return _shown(_read(path, forms.BUILD))


def _shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    keys = [key.removesuffix("?") for key in forms.BUILD]
    return {key: manifest[key] for key in keys if key in manifest}


def _estimate(path: Path) -> dict[str, Any] | None:
    manifest = _read(path, {"elf_digest?": str})
    return kept_estimate(path.parent, manifest.get("elf_digest", ""))


def _validation(path: Path) -> dict[str, Any]:
    return _read(path, forms.VALIDATION)


def _baseline(path: Path) -> dict[str, Any]:
    attack = _find(path, RESULT) if path.is_dir() else path
    if attack is None:
        raise DataError(f"the baseline {path} holds no {RESULT}", "`tinyrob attack` makes one")
    build = _find(path, MANIFEST) if path.is_dir() else None
    return {"attack": _attack(attack), "build": None if build is None else _build(build)}


def _examples(path: Path) -> Examples:
    try:
        examples = read_npz(path)
        forms.check_examples(examples)
    except FileNotFoundError:
        return {}
    except Damaged as error:
        raise DataError(f"{path} is damaged: {error}", "run the attack again") from None
    return examples
