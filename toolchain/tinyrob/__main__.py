"""``python -m tinyrob``."""

from tinyrob.cli import main

main()
