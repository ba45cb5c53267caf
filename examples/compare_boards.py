"""One network on several boards: flash, RAM, and instructions where the board is emulated.

python examples/compare_boards.py [MODEL]
"""

from __future__ import annotations

import sys

import tinyrob

BOARDS = ("stm32", "nucleo_l4r5zi", "rp2040")


def main() -> None:
    """Prints a row for each board."""
    model = tinyrob.load(sys.argv[1] if len(sys.argv) > 1 else None)
    print(f"{model.name}\n{'board':16}{'flash':>10}{'RAM':>10}{'instructions':>14}")
    for board in BOARDS:
        try:
            build = model.build(board)
        except tinyrob.TinyrobError as error:  # it does not fit, or a compiler is not installed
            print(f"{board:16}{error.message}")
            continue
        try:
            cost = f"{build.run(on='qemu').instructions_per_inference:,}"
        except tinyrob.TinyrobError:  # no emulator for this board, or none installed
            cost = "-"
        print(f"{board:16}{build.flash_bytes:>10,}{build.ram_bytes:>10,}{cost:>14}")


if __name__ == "__main__":
    main()
