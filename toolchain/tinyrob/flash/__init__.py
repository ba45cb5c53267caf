"""Programming a board: which tool, which command, what went wrong, what was verified."""
