"""Pages of the reference that are made from the code itself, each time the site is built."""
