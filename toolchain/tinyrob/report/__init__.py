"""What was measured, for people: one self-contained HTML page and one JSON file."""
