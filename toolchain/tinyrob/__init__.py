"""tinyrob: robust, deeply quantized networks from training to silicon, bit for bit.

>>> model = tinyrob.load("digits-stq-jr")  # a name, a run, a .tflite, a QKeras model
>>> build = model.build("stm32")  # C, compiled and measured
>>> report = build.validate(on=["tflm", "host"])  # 0 LSB?
>>> report.exact
True
>>> attack = build.attack("quick", eps=[4, 8], attacks=["fgsm"], samples=20)
>>> attack.accuracy("worst-case", eps=8) <= attack.accuracy("worst-case", eps=4)
True
>>> build.flash_bytes < 30_000
True

``tinyrob/pipeline.py`` is all of it on one page; what is imported here is imported when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinyrob import errors as errors
    from tinyrob.build.several import library as library
    from tinyrob.data.dataset import Dataset as Dataset
    from tinyrob.errors import TinyrobError as TinyrobError
    from tinyrob.files.version import __version__ as __version__
    from tinyrob.pipeline import Build as Build
    from tinyrob.pipeline import Model as Model
    from tinyrob.pipeline import Run as Run
    from tinyrob.pipeline import load as load
    from tinyrob.pipeline import train as train
    from tinyrob.validate.gate import Demand as Demand
    from tinyrob.validate.gate import Gate as Gate

__all__ = [
    "Build",
    "Dataset",
    "Demand",
    "Gate",
    "Model",
    "Run",
    "TinyrobError",
    "__version__",
    "errors",
    "library",
    "load",
    "train",
]

_HOME = {
    "Build": "pipeline",
    "Dataset": "data.dataset",
    "Demand": "validate.gate",
    "Gate": "validate.gate",
    "Model": "pipeline",
    "Run": "pipeline",
    "TinyrobError": "errors",
    "__version__": "files.version",
    "library": "build.several",
    "load": "pipeline",
    "train": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("tinyrob.errors")
    if name not in _HOME:
        raise AttributeError(f"module 'tinyrob' has no attribute {name!r}")
    return getattr(importlib.import_module(f"tinyrob.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
