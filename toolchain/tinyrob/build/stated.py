"""What a header states that only its compiled code tells: the stack that an inference needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tinyrob.build.look_up import Job
from tinyrob.files.plan import BuildPlan
from tinyrob.project.stack import stack_of_call


def with_stack(job: Job, folder: Path) -> Job:
    """The job with ``NAME_STACK_BYTES`` in its network's header, where GCC's call graph told it;
    the headers in ``folder`` are written anew."""
    if job.tree is not None or not job.toolchain.call_graph:
        return job
    stated = state_stack(job.plan, [job.c_model.name], sorted((folder / "obj").rglob("*.ci")))
    stated.write_into(folder)
    return replace(job, plan=BuildPlan({**job.plan.files, **stated.files}))


def state_stack(plan: BuildPlan, names: Sequence[str], call_graphs: Sequence[Path]) -> BuildPlan:
    """The headers of ``plan`` that say what an inference of each network needs. It is the call's
    own: what an observer and interrupts need comes on top."""
    stated = {}
    for name in names:
        line = re.compile(rf"^/\* {name.upper()}_STACK_BYTES: .*$", re.MULTILINE)
        for file, content in plan.files.items():
            if file.rpartition("/")[2] != f"{name}.h":
                continue
            text = content.decode()
            tag = re.search(rf"^#define {name}_invoke (\w+)$", text, re.MULTILINE)
            assert tag is not None, "a header maps its functions"
            stack = stack_of_call(call_graphs, tag[1])
            said = f"#define {name.upper()}_STACK_BYTES {stack} /* at most, of an inference */"
            stated[file] = line.sub(said, text).encode()
    return BuildPlan(stated)
