"""The HTML page: every number on it is looked up in the report's JSON by its path."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, Union

import jinja2
import numpy as np
from markupsafe import Markup

from tinyrob.attack.result import flag_numbers
from tinyrob.attack.robustness import Robustness
from tinyrob.data.units import from_dict
from tinyrob.errors import DataError
from tinyrob.files import resources
from tinyrob.files.names import visible
from tinyrob.files.whole import write_atomically
from tinyrob.report.charts import Line, bars, curves
from tinyrob.report.collect import FORMAT, Examples, assemble, collect, find_build
from tinyrob.report.det import det
from tinyrob.report.inputs import image
from tinyrob.report.live import Live
from tinyrob.report.live import live as make_live
from tinyrob.report.sound import wav_uri
from tinyrob.validate.validation import Validation

HTML, JSON = "report.html", "report.json"
TEMPLATE = "report/report.html.j2"
Found: TypeAlias = Union[Robustness, Validation]  # noqa: UP007 - evaluated by Python 3.10
"""What a page shows beside the build."""
FORMATS: Mapping[str, Callable[[Any], str]] = {
    "percent": lambda value: f"{value:.1%}",
    "count": lambda value: f"{value:,}",
    "number": lambda value: f"{value:g}",
    "seconds": lambda value: f"{value:.1f}",
    "text": str,
    "digest": lambda value: str(value)[:16],
    "yes": lambda value: "yes" if value else "no",
}
NORMS = {"linf": "L∞", "l2": "L2", "snr": "SNR"}


@dataclass(frozen=True)
class Report:
    """Where a report is: the page, and the JSON that its numbers are looked up in."""

    html: Path
    json: Path

    def _repr_html_(self) -> str:
        where = self.html.resolve()
        return str(Markup('<a href="{}">{}</a>').format(where.as_uri(), self.html))


def report(
    folder: Path,
    baselines: Sequence[Path] = (),
    validation: Path | None = None,
    *,
    live: bool = False,
    data_dir: Path | None = None,
) -> tuple[Path, Path]:
    """Writes report.html and report.json into ``folder``; gives their paths.

    ``live``: the page runs the build's own C; ``data_dir`` is where datasets are, for inputs to
    try. Raises DataError; with ``live`` also what ``tinyrob.report.live`` raises.
    """
    data, examples = collect(folder, baselines, validation)
    part = make_live(find_build(folder), data_dir, examples) if live else None
    written = _write(folder, data, examples, part)
    return written.html, written.json


def report_of(
    out: Path,
    build: Mapping[str, Any],
    found: Sequence[Found],
    folder: Path | None = None,
    live: bool = False,
) -> Report:
    """The same for results in memory; ``build`` is a manifest's JSON, ``folder`` its folder, which
    the page runs where it is ``live``. Raises DataError, OSError, and what ``tinyrob.report.live``
    does.
    """
    attack = next((one for one in found if isinstance(one, Robustness)), None)
    checked = next((one.to_dict() for one in found if isinstance(one, Validation)), None)
    attacked, examples = (None, {}) if attack is None else (attack.to_dict(), attack.examples)
    data = json.loads(json.dumps(assemble(build, attacked, checked, folder)))
    part = make_live(folder, examples=examples) if live and folder else None
    out.mkdir(parents=True, exist_ok=True)
    return _write(out, data, examples, part)


def _check_ours(folder: Path) -> None:
    """Raises DataError where a page is there that is no report of tinyrob's."""
    html, values = folder / HTML, folder / JSON
    if not html.exists() and not values.exists():
        return
    try:
        known = json.loads(values.read_bytes())
        ours = known["format"] == FORMAT and isinstance(known["tinyrob"], str)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        ours = False
    if not ours:
        raise DataError(
            f"{folder} holds a {HTML} or {JSON} that is no report of tinyrob's",
            "move it away, or name another folder",
        )


def _write(folder: Path, data: Mapping[str, Any], examples: Examples, live: Live | None) -> Report:
    _check_ours(folder)
    html, values = folder / HTML, folder / JSON
    if live is not None:
        data = {**data, "live": {"module_bytes": live.bytes}}
    made = page(data, examples, live)
    for path, text in ((values, json.dumps(data, indent=2) + "\n"), (html, made)):
        write_atomically(path, text.encode())
    return Report(html, values)


def page(data: Mapping[str, Any], examples: Examples, live: Live | None = None) -> str:
    """The page's text for the report's JSON. The same input gives the same page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.templates()),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def show(path: str, kind: str = "text") -> Markup:
        value = look_up(data, path)
        if value is None:
            return Markup("–")
        return Markup('<span data-json="{}" data-as="{}">{}</span>').format(
            path, kind, FORMATS[kind](value)
        )

    made = environment.get_template(TEMPLATE).render(
        data=data,
        live=None if live is None else live.values,
        show=show,
        attack=data["attack"],
        build=data["build"],
        validation=data["validation"],
        judged=_judged(data["validation"]),
        baselines=data["baselines"],
        charts=_charts(data),
        estimate=data["estimate"],
        detection=data["detection"],
        det=None if data["detection"] is None else det(data["detection"]["curve"]),
        layers=_layers(data["build"], data["estimate"]),
        gallery=_gallery(data["attack"], examples),
        step=_step(data["attack"]),
        steps=_steps(data["attack"] or {}),
        form=(data["attack"] or {}).get("form"),
        robust=robust(data["attack"]),
        baseline_robust=[_matching(data["attack"], b["attack"]) for b in data["baselines"]],
        marks=_marks(data["attack"]),
        counted=_counted,
        baseline_name=baseline_name,
        norms=NORMS,
    )
    # Jinja2 escapes markup; HTML has no way at all to write control characters.
    return visible(made, "\n\t")


def look_up(data: Any, path: str) -> Any:
    """The value at a path such as ``attack/clean/keras``."""
    for part in path.split("/"):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def robust(attack: Mapping[str, Any] | None) -> list[int]:
    """Which rows of an attack are worst cases: the figures to quote."""
    rows = attack["attacks"] if attack else []
    return [i for i, row in enumerate(rows) if row["kind"] == "worst-case"]


def baseline_name(attack: Mapping[str, Any] | None, other: Mapping[str, Any]) -> str:
    """The other network's name, with its data where they are not ours."""
    same = attack is not None and attack["dataset"] == other["dataset"]
    return str(other["model"]) if same else f"{other['model']} on {other['dataset']}"


def _counted(attack: Mapping[str, Any]) -> str | None:
    """The runner that counted instructions, where one did."""
    runners = attack["runners"].items()
    return next((name for name, r in runners if r["instructions_per_inference"]), None)


def _matching(attack: Mapping[str, Any] | None, other: Mapping[str, Any]) -> list[int | None]:
    """For each of our worst cases the other network's row at the same ball, where it has one."""
    if attack is None:
        return []
    balls = {(o["norm"], o["eps"]): i for i in robust(other) for o in [other["attacks"][i]]}
    ours = [attack["attacks"][i] for i in robust(attack)]
    return [balls.get((row["norm"], row["eps"])) for row in ours]


def _marks(attack: Mapping[str, Any] | None) -> dict[int, list[int]]:
    """The flags' numbers beside each row."""
    rows = attack["attacks"] if attack else []
    return {i: flag_numbers(attack, row) for i, row in enumerate(rows) if attack}


def _lines(attack: Mapping[str, Any], norm: str, kinds: Sequence[str]) -> list[Line]:
    runner = next(iter(attack["clean"]))
    series: dict[str, list[tuple[float, float]]] = {}
    styles: dict[str, str] = {}
    for row in attack["attacks"]:
        if row["norm"] == norm and row["kind"] in kinds:
            series.setdefault(row["name"], [(0.0, attack["clean"][runner])])
            series[row["name"]].append((row["eps"], row["accuracy"][runner]))
            styles[row["name"]] = "main" if row["kind"] == "worst-case" else "series"
    return [Line(name, tuple(points), styles[name]) for name, points in series.items()]


def _charts(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Accuracy against eps: for each norm one chart with gradients and one without."""
    attack = data["attack"]
    if attack is None:
        return []
    groups = (
        ("with the network's gradients", ("control", "white-box", "worst-case")),
        ("without them", ("black-box", "transfer", "device", "worst-case")),
    )
    charts = []
    for norm in dict.fromkeys(row["norm"] for row in attack["attacks"]):
        for number, (title, kinds) in enumerate(groups):
            lines = _lines(attack, norm, kinds)
            if all(line.style == "main" for line in lines):
                continue
            for other in data["baselines"]:
                for line in _lines(other["attack"], norm, ("worst-case",)):
                    name = f"{baseline_name(attack, other['attack'])}, worst case"
                    lines.append(Line(name, line.points, "baseline"))
            heading = f"{NORMS[norm]}, {title}"
            snr = norm == "snr"
            unit = "SNR, dB" if snr else f"eps, {_steps(attack)} steps"
            chart = curves(f"Accuracy against eps, {heading}", lines, unit, falling=snr)
            charts.append({"id": f"curves-{norm}-{number}", "title": heading, "svg": chart})
    return charts


def _steps(attack: Mapping[str, Any]) -> str:
    """What eps counts."""
    place = (attack.get("front") or {}).get("place")
    return {"samples": "int16", "frame": "8-bit"}.get(str(place), "int8")


def _layers(
    build: Mapping[str, Any] | None, estimate: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    if build is None:
        return []
    costs = build["layers"]
    if estimate is not None and len(estimate["layers"]) == len(costs):
        costs = [{**one, **cost} for one, cost in zip(costs, estimate["layers"], strict=True)]
    costs = _in_one(costs)
    kinds = (
        ("macs", "Multiply-accumulates", "MAC"),
        ("cycles_estimate", "Cycles (estimate)", "cycles"),
        ("weights_bytes", "Weights in flash", "bytes"),
        ("ram_bytes", "Activations alive", "bytes"),
    )
    return [
        {
            "id": f"layers-{key}",
            "title": title,
            "svg": bars(
                f"{title}, layer by layer",
                [(layer["name"], layer[key]) for layer in costs],
                unit,
            ),
        }
        for key, title, unit in kinds
        if all(key in layer for layer in costs)
    ]


def _in_one(costs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The bands of a layer as one: the sum of what they cost, and the most memory of any."""
    found: dict[str, dict[str, Any]] = {}
    for one in costs:
        if one["name"] not in found:
            found[one["name"]] = dict(one)
            continue
        had = found[one["name"]]
        for key in {"macs", "weights_bytes", "cycles_estimate"} & one.keys():
            had[key] += one[key]
        had["ram_bytes"] = max(had["ram_bytes"], one["ram_bytes"])
    return list(found.values())


def _step(attack: Mapping[str, Any] | None) -> str | None:
    """An int8 step of the input in the sensor's unit, where the input is no picture."""
    units = from_dict((attack or {}).get("units"))
    return None if units is None else units.told()


def _gallery(attack: Mapping[str, Any] | None, examples: Examples) -> list[dict[str, Any]]:
    if attack is None or "clean" not in examples:
        return []
    names = attack.get("classes") or []

    def called(number: Any) -> str:
        return names[int(number)] if int(number) < len(names) else f"class {int(number)}"

    form, units = attack.get("form"), from_dict(attack.get("units"))

    front = attack.get("front") or {}

    def told(eps: float) -> str:
        return f"{eps:g}" if units is None else f"{eps:g} ({units.told(eps)})"

    def heard(which: str, i: int) -> str | None:
        samples = examples.get(f"{which}_samples")
        return None if samples is None else wav_uri(samples[i], int(front["rate"]))

    def seen(which: str, i: int, behind: Any = None) -> str:
        frames = examples.get(f"{which}_frame")
        if frames is not None:
            return image((frames[i] ^ np.uint8(0x80)).view(np.int8), "pixels")
        return image(examples[which][i], form, behind)

    return [
        {
            "clean": seen("clean", i),
            "adversarial": seen("adversarial", i, examples["clean"][i]),
            "clean_sound": heard("clean", i),
            "adversarial_sound": heard("adversarial", i),
            "label": called(examples["label"][i]),
            "before": called(examples["clean_class"][i]),
            "after": called(examples["adversarial_class"][i]),
            "eps": told(float(examples["eps"][i])),
            "norm": NORMS[str(examples["norm"][i])],
            "index": int(examples["index"][i]),
        }
        for i in range(len(examples["clean"]))
    ]


def _judged(validation: Mapping[str, Any] | None) -> bool:
    """Whether labels were known: then it says how many outputs are right."""
    rows = () if validation is None else validation["runners"].values()
    return any(row.get("accuracy") is not None for row in rows)
