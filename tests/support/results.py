"""Results as the verbs leave them, for pages: an attack, a build, a validation."""

from __future__ import annotations

RUNNERS = ("keras", "host", "qemu")
NAMES = ("noise", "fgsm", "pgd-20", "apgd-ce", "square", "worst-case")
KINDS = dict(zip(NAMES, ("control", *["white-box"] * 3, "black-box", "worst-case"), strict=True))


def row(name: str, norm: str, eps: float, share: float) -> dict:
    return {
        "name": name,
        "norm": norm,
        "eps": eps,
        "kind": KINDS[name],
        "accuracy": dict.fromkeys(RUNNERS, share),
        "interval": {key: [max(0.0, share - 0.0713), min(1.0, share + 0.0713)] for key in RUNNERS},
        "samples": 200,
        "attacked": 187,
        "cascade": name == "apgd-ce",
        "seconds": 12.34,
    }


def attack(model: str = "net", drop: float = 0.05) -> dict:
    """An attack's result with every part that a page shows."""
    rows = [
        row(name, norm, eps, max(0.0, round(0.9317 - drop * i * (number + 1), 4)))
        for norm, all_eps in (("linf", (1.0, 2.0, 4.0)), ("l2", (32.0,)))
        for i, eps in enumerate(all_eps, start=1)
        for number, name in enumerate(NAMES)
    ]
    flag = {
        "flag": "noise-hurts",
        "taints": "fgsm",
        "norm": "linf",
        "eps": 2.0,
        "text": "random <noise> & more",
    }
    check = {"name": "clean", "wanted": ">= 90.00%", "got": "93.17% (host)", "passed": True}
    return {
        "model": model,
        "model_digest": "ab" * 32,
        "data_digest": "cd" * 32,
        "dataset": "digits",
        "samples": 200,
        "classes": ["zero", "one", "two"],
        "input_shape": [8, 8, 1],
        "suite": "quick",
        "seed": 3,
        "surfaces": ["quantized", "shadow"],
        "reference": "keras",
        "clean": dict.fromkeys(RUNNERS, 0.9317),
        "clean_interval": {key: [0.8881, 0.9593] for key in RUNNERS},
        "attacks": rows,
        "flags": [flag],
        "runners": {
            name: {
                "inputs": 1234,
                "exact": True,
                "mismatches": 0,
                "instructions_per_inference": 328813 if name == "qemu" else None,
            }
            for name in RUNNERS
        },
        "exact": True,
        "versions": {"tinyrob": "0.1.0", "numpy": "2.4.6"},
        "gate": {"file": "gate.toml", "passed": True, "checks": [check]},
        "format": 1,
    }


def build() -> dict:
    layers = [
        {"name": f"layer<{i}>", "op": "CONV_2D", "macs": 9216 * i, "weights_bytes": 417 * i,
         "ram_bytes": 1200 + i}
        for i in range(5)
    ]  # fmt: skip
    return {
        "model": "net",
        "target": "stm32",
        "board": "stm32f405",
        "runtime": "native",
        "isa": "portable",
        "macs": 243712,
        "flash_bytes": 30760,
        "flash": {"code": 1, "weights": 2, "other": 3},
        "ram_bytes": 5036,
        "ram": {"arena": 1, "static": 2, "stack": 3},
        "layers": layers,
        "digest": "ef" * 32,
        "model_digest": "ab" * 32,
        "compiler": "arm-none-eabi-gcc 12.2",
    }


def validation() -> dict:
    runner = {
        "max_lsb": 0,
        "mismatches": 0,
        "argmax_agreement": 1.0,
        "accuracy": 0.96,
        "first_divergence": None,
        "instructions_per_inference": 328813,
    }
    return {
        "reference": "keras",
        "vectors": 397,
        "runners": {"host": runner, "qemu": runner},
        "exact": True,
    }
