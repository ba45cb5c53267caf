"""The door to TensorFlow: Keras 2 behind it, and a clear word where that cannot be."""

from __future__ import annotations

import subprocess
import sys


def python(program, **environment):
    import os

    values = {k: v for k, v in os.environ.items() if k != "TF_USE_LEGACY_KERAS"}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**values, **environment},
    )


def test_keras_3_chosen_before_is_refused_with_a_hint():
    program = (
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "from tinyrob import tf, errors\n"
        "try: tf.tensorflow()\n"
        "except errors.TinyrobError as e: print(e.message, '|', e.hint)"
    )
    done = python(program)
    assert "imported with Keras 3" in done.stdout, done.stderr
    assert "TF_USE_LEGACY_KERAS=1" in done.stdout


def test_a_missing_tensorflow_is_named_with_the_extra_to_install():
    program = (
        "import sys; sys.modules['tf_keras'] = None; sys.modules['qkeras'] = None\n"
        "sys.meta_path.insert(0, type('No', (), {'find_spec': staticmethod(lambda name, *_: "
        "(_ for _ in ()).throw(ImportError(name)) if name == 'tensorflow' else None)})())\n"
        "from tinyrob import tf, errors\n"
        "for door in (tf.tensorflow, tf.keras, tf.qkeras):\n"
        "    try: door()\n"
        "    except errors.ToolMissing as e: print(e.message, '|', e.hint)"
    )
    done = python(program)
    assert done.stdout.count("[train]") == 3, done.stderr
