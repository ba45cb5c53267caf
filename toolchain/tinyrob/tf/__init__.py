"""The one door to TensorFlow: QKeras 0.9 needs Keras 2, which must be chosen before the import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinyrob.errors import TinyrobError, ToolMissing
from tinyrob.files.installed import install_command


def tensorflow() -> Any:
    """The ``tensorflow`` module, set up with Keras 2 behind ``tf.keras``.

    Raises ToolMissing where it is not installed, and TinyrobError where something else has
    imported TensorFlow with another Keras before.
    """
    if "tensorflow" not in sys.modules:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    elif os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "true", "True"):
        raise TinyrobError(
            "TensorFlow was imported with Keras 3 before tinyrob could ask for Keras 2",
            "set TF_USE_LEGACY_KERAS=1 in the environment, or import tinyrob.tf first",
        )
    try:
        with native_stderr_closed():
            import tensorflow
            import tf_keras  # noqa: F401
    except ImportError as error:
        raise ToolMissing(
            f"training needs TensorFlow and Keras 2: {error}", install_command("train")
        ) from error
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow


@contextmanager
def native_stderr_closed() -> Iterator[None]:
    """Drops what C++ writes to stderr meanwhile.

    TensorFlow tells of its CPU features before any log level can reach it, and stderr is ours to
    keep readable. What Python raises comes through.
    """
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def keras() -> Any:
    """The ``tf_keras`` module (Keras 2), the one that QKeras builds upon. Raises ToolMissing."""
    tensorflow()
    import tf_keras

    return tf_keras


def qkeras() -> Any:
    """The ``qkeras`` module. Raises ToolMissing where it is not installed."""
    tensorflow()
    try:
        import qkeras
    except ImportError as error:
        raise ToolMissing(
            f"quantized layers need QKeras: {error}", install_command("train")
        ) from error
    return qkeras
