"""The recipe of a row and a seed, made from a shipped one."""

from __future__ import annotations

from typing import Any

from benchmarks.seed.plan import PRECISIONS, Row, Task
from tinyrob.files.toml_text import dump_toml, load_toml
from tinyrob.models import recipe_file


def text(task: Task, row: Row, seed: int) -> str:
    """The recipe as TOML: the template's topology, data, augmentation and number of epochs.

    A float network has all of its epochs in float, and its penalty from the first one on; quantized
    ones have theirs in the quantized epochs. The 8-bit network has 8 bits in every layer, the
    others keep the template's finer first and last kernels. Raises RecipeError where the template
    is none.
    """
    values = load_toml(recipe_file.load(task.template).text)
    for key in ("jacobian", "adversarial"):
        values.pop(key, None)
    values |= {"name": f"{task.name}-{row.name}", "seed": seed}
    kernel, epochs = PRECISIONS[row.precision], values["training"]["epochs"]
    if kernel is None:
        values["training"]["epochs"] = {"warmup": sum(epochs.values()), "qat": 0}
    else:
        values["quantizers"]["kernel"] = kernel
    if kernel == 8:
        for layer in values["quantizers"].get("layers", {}).values():
            layer.pop("kernel", None)
    values |= _defence(task, row, kernel is None)
    return dump_toml(values)


def _defence(task: Task, row: Row, from_the_first: bool) -> dict[str, Any]:
    if row.defence == "adversarial":
        return {"adversarial": {"method": "fast", "eps": float(task.adversarial)}} | _probe(task)
    if row.defence == "none":
        return {}
    images = recipe_file.load(task.template).jacobian.images
    penalty: dict[str, Any] = {"logits": float(task.jacobian), "images": images}
    if from_the_first:
        penalty["warmup"] = True
    if row.defence == "layers":
        penalty |= {"fused": True, "layers": dict(task.layers)}
    return {"jacobian": penalty}


def _probe(task: Task) -> dict[str, Any]:
    """Fast adversarial training is watched by one."""
    if recipe_file.load(task.template).probe.images:
        return {}
    return {"probe": {"images": 250, "eps": float(max(1, round(task.adversarial)))}}
