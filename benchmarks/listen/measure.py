"""One figure after the other: a front end's, a second of sound's, a stream's, an attack's."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.listen.cases import BOARDS, SECONDS, Attack, Stream
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.emit.firmware import parts_of
from tinyrob.emit.frontend import emit_frontend
from tinyrob.features import compute
from tinyrob.features.spec import Features
from tinyrob.files.version import __version__
from tinyrob.models import zoo
from tinyrob.models.run_folder import FROZEN
from tinyrob.project.compile import compile_firmware
from tinyrob.project.toolchains import choose_toolchain
from tinyrob.run.qemu import run_bench

Row = dict[str, Any]
_PROBE = Path(__file__).with_name("push.c")
_RUNS = Path(__file__).resolve().parents[1] / "runs"
_HOPS = 8


def front(name: str, features: Features) -> Row:
    """A front end: how fast Python is, and what a hop and the memory are on emulated boards."""
    costs = {core: on_board(features, board) for core, board in BOARDS.items()}
    return {
        "front": name,
        "features": features.to_dict(),
        "times_real_time": round(times_real_time(features)),
        "hop_ms": 1000 * features.hop / features.rate,
        "instructions": {core: found["instructions"] for core, found in costs.items()},
        "flash_bytes": costs["m4"]["flash_bytes"],
        "ram_bytes": costs["m4"]["state_bytes"],
        "stack_bytes": costs["m4"]["stack_bytes"],
        "versions": versions(),
    }


def times_real_time(features: Features, seconds: int = SECONDS) -> float:
    """Seconds of noise whose features Python makes in a second of one core."""
    samples = np.random.default_rng(0).normal(0, 2000, seconds * features.rate).astype(np.int16)
    compute.of_stream(features, samples[: features.rate])  # tables are made once
    start = time.process_time()
    compute.of_stream(features, samples)
    return seconds / (time.process_time() - start)


def on_board(features: Features, board: str) -> dict[str, int]:
    """Instructions of a hop, flash and RAM of a front end alone, on an emulated board."""
    with tempfile.TemporaryDirectory(prefix="tinyrob-listen-") as scratch:
        folder, target = Path(scratch) / "build", find_board(board)
        build(load_model("digits-stq-jr"), board, "bench", out=folder)
        emit_frontend(features, "front", "front").write_into(folder)
        sizes: list[int] = []
        printed: dict[str, int] = {}
        for pushes in (_HOPS, 0):
            source = f"#define PUSHES {pushes}U\n{_PROBE.read_text(encoding='utf-8')}"
            (folder / "apps" / "bench.c").write_text(source, encoding="utf-8")
            shutil.rmtree(folder / "obj", ignore_errors=True)
            compile_firmware(folder, parts_of(target, "bench"), choose_toolchain(target))
            sizes.append((folder / "firmware.bin").stat().st_size)
            if pushes:
                printed = run_bench(target, folder / "firmware.elf", 0)
        return {**printed, "flash_bytes": sizes[0] - sizes[1]}


def second(network: str, row: Row) -> Row:
    """A second of sound with an inference each 100 ms, on the boards of ``row``, a front end's."""
    from tinyrob.build.measure import measure

    model = load_model(find(network))
    hops = 1000 / row["hop_ms"]
    found: Row = {
        "network": network,
        "model_digest": digest_of(network),
        "front": row["front"],
        "instructions": {},
    }
    for core, board in BOARDS.items():
        inference = measure(network, model, find_board(board)).instructions
        assert inference is not None
        sound = round(hops * row["instructions"][core])
        found["instructions"][core] = {"front_end": sound, "network": 10 * inference}
    return {**found, "versions": versions()}


def stream(case: Stream, data_dir: Path | None) -> Row:
    """False accepts and rejects, as ``tinyrob det`` tells them."""
    from tinyrob.build.detection import measure

    with tempfile.TemporaryDirectory(prefix="tinyrob-listen-") as scratch:
        model = load_model(find(case.network))
        found = measure(
            model, Path(scratch) / "det", snr=case.snr, hours=case.hours, data_dir=data_dir
        ).to_dict()
    kept = ("model_digest", "dataset", "snr_db", "hours", "asked_per_hour", "threshold", "met")
    return {
        "network": case.network,
        **{key: found[key] for key in kept},
        "streams": found["streams"],
        "validation": found["validation"],
        "test": found["test"],
        "versions": versions(),
    }


def attacked(case: Attack, data_dir: Path | None) -> Row:
    """Accuracy under an attack from where its attacker stands, on the generated C."""
    from tinyrob.attack.session import attack
    from tinyrob.attack.settings import Settings

    with tempfile.TemporaryDirectory(prefix="tinyrob-listen-") as scratch:
        sound = case.at == "samples"
        settings = Settings(
            model=find(case.network), attacks=(case.attack,), linf=case.linf, l2=(),
            samples=case.samples, snr=case.snr if sound else None, on=("host",), at=case.at,
            data_dir=data_dir, out=Path(scratch) / "attack",
        )  # fmt: skip
        found, _ = attack(settings)
    return {
        "network": case.network,
        "model_digest": digest_of(case.network),
        "at": case.at,
        "attack": case.attack,
        "samples": found["samples"],
        "clean": found["clean"]["host"],
        "under": [
            {"norm": one["norm"], "eps": one["eps"], "accuracy": one["accuracy"]["host"]}
            for one in found["attacks"]
            if one["name"] == case.attack
        ],
        "versions": versions(),
    }


def there(network: str) -> bool:
    """Whether there is such a network."""
    return network in zoo.names() or (_RUNS / network / FROZEN).is_file()


def find(network: str) -> str:
    """A zoo name, or the folder of a run that is not in the zoo."""
    return network if network in zoo.names() else str(_RUNS / network)


def digest_of(network: str) -> str:
    """SHA-256 (hex) of a network's .tflite."""
    return hashlib.sha256(load_model(find(network)).tflite).hexdigest()


def versions() -> dict[str, str]:
    """What was measured with."""
    gcc = choose_toolchain(find_board(BOARDS["m4"])).command()
    said = subprocess.run([*gcc, "-dumpfullversion"], capture_output=True, text=True, check=True)
    return {"tinyrob": __version__, "numpy": version("numpy"), "gcc": said.stdout.strip()}
