"""Several networks in one library: each a build folder of its own, and the firmware of all."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.build.compiled import compile_job, write_uf2
from tinyrob.build.fit import check_stack
from tinyrob.build.job import made
from tinyrob.build.listening import named
from tinyrob.build.look_up import Job, look_up
from tinyrob.build.stated import state_stack
from tinyrob.deployable import Deployable, as_deployable
from tinyrob.emit.cname import LONGEST, c_name, check_names
from tinyrob.emit.firmware import emit_networks
from tinyrob.emit.library import FOLDER, Part
from tinyrob.errors import BuildError, did_you_mean
from tinyrob.files.folder import replaced
from tinyrob.files.plan import BuildPlan
from tinyrob.listen.tables import Front, read_front
from tinyrob.passes import Optimize
from tinyrob.project.build_folder import Where
from tinyrob.project.elf import firmware_sizes
from tinyrob.project.manifest import FILE, VERSION, Flash, Manifest, Ram
from tinyrob.project.stack import stack_bound
from tinyrob.tflm.measure import Options

ELF = "firmware.elf"


@dataclass(frozen=True)
class Library:
    """Networks that were built together: ``name`` is the library's, ``networks`` by their names in
    C; sizes are of the example's firmware, in which the networks share an arena."""

    name: str
    target: str
    board: str
    networks: dict[str, Manifest]
    flash_bytes: int
    flash: Flash
    ram_bytes: int
    ram: Ram
    stack_source: str
    digest: str
    elf: str = ELF
    app: str = "none"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; the networks in a list."""
        networks = [manifest.to_dict() for manifest in self.networks.values()]
        return {"version": VERSION, **dataclasses.asdict(self), "networks": networks}


def names_of(models: Sequence[Deployable], names: Sequence[str]) -> tuple[str, list[str]]:
    """The library's name and the networks'. ``names`` are one (the library's), one a network, or
    none. Raises BuildError where they are neither, or cannot be."""
    if len(names) not in (0, 1, len(models)):
        raise BuildError(
            f"{len(models)} networks have {len(names)} names",
            "give --name once, for the library, or once for each network, in their order",
        )
    networks = list(names) if len(names) == len(models) else [c_name(m.name) for m in models]
    check_names(networks)
    library = names[0] if len(names) == 1 else "_".join(networks)
    if len(library) > LONGEST:
        library = f"{networks[0][:30]}_and_{len(networks) - 1}_more"
    check_names([library, *networks])
    return library, networks


def library(
    models: Sequence[Any],
    target: str = "stm32",
    out: Where = "build",
    names: Sequence[str] = (),
    optimize: Optimize = "balanced",
    slim: bool = True,
    toolchain: str | None = None,
    without: Sequence[str] = (),
    fronts: Mapping[str, Path] | None = None,
) -> Library:
    """Several networks as one C library, kernels once, for a board or a generic core.

    ``out`` then holds ``library/`` with all networks, an example's firmware around it, and a
    folder a network that runners take. ``names`` are the networks' in C, or one, the library's.
    ``fronts``: by a network's name in C, the file that says what is in front of it
    (``listen.tables``).
    Raises what ``build`` raises; ``out`` is then as it was.
    """
    return build_several(
        [as_deployable(model) for model in models], target, Path(out), names, optimize, slim,
        toolchain, without, fronts or {},
    )  # fmt: skip


def build_several(
    models: Sequence[Deployable],
    target: str,
    out: Path,
    names: Sequence[str],
    optimize: Optimize,
    slim: bool,
    toolchain: str | None,
    without: Sequence[str] = (),
    fronts: Mapping[str, Path] | None = None,
) -> Library:
    """As ``library``, of networks that are loaded."""
    library, networks = names_of(models, names)
    told = _fronts(networks, fronts or {})
    models = [named(one, front.classes) for one, front in zip(models, told, strict=True)]
    with (
        tempfile.TemporaryDirectory(prefix="tinyrob-build-") as spare,
        replaced(out, "build") as folder,
    ):
        jobs = [
            look_up(
                model, target, "none", "native", optimize, Options(), Path(spare), None, slim,
                toolchain, name, front.features, front.decisions, without, scaling=front.scaling,
            )
            for model, name, front in zip(models, networks, told, strict=True)
        ]  # fmt: skip
        manifests = {}
        for job in jobs:
            place = folder / job.c_model.name
            place.mkdir()
            # There is one library, of all.
            own = {n: c for n, c in job.plan.files.items() if not n.startswith(f"{FOLDER}/")}
            alone = dataclasses.replace(job, plan=BuildPlan(own))
            manifests[job.c_model.name] = made(alone, place, Path(spare))
        found = _together(jobs, library, manifests, folder)
        text = json.dumps(found.to_dict(), indent=2) + "\n"
        (folder / FILE).write_text(text, encoding="utf-8")
    return found


def _fronts(networks: Sequence[str], files: Mapping[str, Path]) -> list[Front]:
    """What is in front of each network. Raises BuildError for an unknown name, RecipeError."""
    for unknown in sorted(set(files) - set(networks)):
        raise BuildError(
            f"--features names a network {unknown!r} that there is not",
            f"{did_you_mean(unknown, networks)}networks: {', '.join(networks)}",
        )
    return [read_front(files.get(name)) for name in networks]


def _together(
    jobs: Sequence[Job], library: str, manifests: dict[str, Manifest], folder: Path
) -> Library:
    first = jobs[0]
    largest = max(jobs, key=lambda job: job.c_model.arena_bytes)
    board = largest.board
    parts = [Part(job.c_model, job.model.graph) for job in jobs]
    plan = emit_networks(parts, library, board, first.toolchain)
    plan.write_into(folder)
    whole = dataclasses.replace(first.model, name=library)
    compile_job(dataclasses.replace(first, model=whole, board=board, plan=plan), folder)
    write_uf2(board, folder)
    bound, source = board.stack_bytes, "reserved: clang tells no call graph to bound it by"
    if first.toolchain.call_graph:
        graphs = sorted((folder / "obj").rglob("*.ci"))
        stated = state_stack(plan, list(manifests), graphs)
        stated.write_into(folder)
        plan = BuildPlan({**plan.files, **stated.files})
        bound = stack_bound(graphs, first.toolchain.entry, first.toolchain.handlers)
        source = "computed: an upper bound from the call graph"
        check_stack(library, bound, board)
    shutil.rmtree(folder / "obj")
    sizes = firmware_sizes(folder / ELF)
    return Library(
        library, first.target, board.name, manifests, sizes.flash,
        Flash(sizes.code, sizes.weights, sizes.other), sizes.arena + sizes.static + bound,
        Ram(sizes.arena, sizes.static, bound), source, plan.digest,
    )  # fmt: skip
