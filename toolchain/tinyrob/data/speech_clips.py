"""Which recordings of Speech Commands are which split's, for a set of labels.

Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition" (2018, arXiv
1804.03209): ``testing_list.txt`` and ``validation_list.txt`` name those splits, all else trains.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyrob.errors import DataError

SILENCE, UNKNOWN, NOISE = "_silence_", "_unknown_", "_background_noise_"
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
SPLITS = ("train", "validation", "test")
_HINT = "`tinyrob data fetch speech_commands` downloads the dataset again"


@dataclass(frozen=True)
class Clip:
    """A recording, or with ``share`` (0..1) set, a second of background noise.

    Noise begins at ``share`` of where it could, and is played at ``volume``.
    """

    path: Path
    label: int
    share: float | None = None
    volume: float = 1.0


def clips(folder: Path, labels: tuple[str, ...], times: int = 1) -> dict[str, list[Clip]]:
    """Each split's clips in the order of ``labels``, then of the files' names.

    ``_silence_`` and ``_unknown_`` are in a split what its list names in a folder of that name.
    Where it names none, silence is cut from the background noise, and unknown drawn from the words
    that are no label: as many as the split's other labels have on average, or ``times`` as many,
    with those that the list names among them. Draws follow from the split alone. Raises DataError
    that names the folder or file which is missing.
    """
    everything = _by_folder(folder)
    words = [label for label in labels if label not in (SILENCE, UNKNOWN)]
    for word in words:
        if word not in everything:
            raise DataError(f"{folder} has no recordings of the word {word!r}", _HINT)
    found = {}
    for number, split in enumerate(SPLITS):
        pools = {name: split_files[split] for name, split_files in everything.items()}
        typical = round(sum(len(pools[word]) for word in words) / len(words))
        generator = np.random.default_rng([1804, 3209, number])
        made: list[Clip] = []
        for index, label in enumerate(labels):
            recorded = [] if (label, split) == (SILENCE, "train") else pools.get(label, [])
            if label == SILENCE and not recorded:
                made += _silence(folder, index, typical, generator)
                continue
            made += [Clip(path, index) for path in recorded]
            if label == UNKNOWN and (times > 1 or not recorded):
                named = {*words, SILENCE, UNKNOWN}
                others = [p for word, pool in pools.items() if word not in named for p in pool]
                wanted = max(0, times * typical - len(recorded))
                made += _unknown(folder, others, index, wanted, generator)
        found[split] = made
    return found


def background(folder: Path) -> list[Path]:
    """The recordings of background noise, sorted. Raises DataError where there are none."""
    files = sorted((folder / NOISE).glob("*.wav"))
    if not files:
        raise DataError(f"there is no background noise in {folder / NOISE}", _HINT)
    return files


def _by_folder(folder: Path) -> dict[str, dict[str, list[Path]]]:
    listed = {split: _listed(folder / name) for split, name in LISTS.items()}
    found: dict[str, dict[str, list[Path]]] = {}
    for inner in sorted(p for p in folder.iterdir() if p.is_dir() and p.name != NOISE):
        splits: dict[str, list[Path]] = {split: [] for split in SPLITS}
        for path in sorted(inner.glob("*.wav")):
            name = f"{inner.name}/{path.name}"
            splits[next((s for s in LISTS if name in listed[s]), "train")].append(path)
            for names in listed.values():
                names.discard(name)
        found[inner.name] = splits
    for split, names in listed.items():
        here = sorted(name for name in names if name.split("/")[0] in found)
        if here:
            raise DataError(
                f"{folder / here[0]} is missing, and {len(here) - 1} more files of {LISTS[split]}",
                _HINT,
            )
    return found


def _listed(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}", _HINT) from error


def _silence(folder: Path, label: int, count: int, generator: np.random.Generator) -> list[Clip]:
    files = background(folder)
    return [
        Clip(
            files[int(generator.integers(len(files)))],
            label,
            float(generator.random()),
            float(generator.random()),
        )
        for _ in range(count)
    ]


def _unknown(
    folder: Path, others: list[Path], label: int, count: int, generator: np.random.Generator
) -> list[Clip]:
    if not others:
        raise DataError(
            f"{folder} has no recordings for the label {UNKNOWN}: no words that are no labels",
            "leave it out of the dataset's labels, or fetch the whole dataset",
        )
    drawn = generator.choice(len(others), min(count, len(others)), replace=False)
    return [Clip(others[i], label) for i in sorted(drawn)]
