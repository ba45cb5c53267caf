"""What errors say of a name that nobody knows."""

from __future__ import annotations

import pytest

from tinyrob.errors import did_you_mean

KNOWN = ("stm32f405", "stm32", "RP2040", "nucleo_l4r5zi")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stm23", "did you mean stm32? "),
        ("stm32f40", "did you mean stm32f405 or stm32? "),
        ("rp2404", "did you mean RP2040? "),
        ("NUCLEO_L4R5ZI", "did you mean nucleo_l4r5zi? "),
        ("pdp11", ""),
        ("", ""),
    ],
)
def test_the_nearest_names_are_offered_whatever_their_case(name: str, said: str) -> None:
    assert did_you_mean(name, KNOWN) == said
