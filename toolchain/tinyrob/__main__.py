"""``python -m tinyrob``."""

from tinyrob.cli import main

if __name__ == "__main__":
    main()
