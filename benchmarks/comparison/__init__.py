"""What ``make table`` measures: a task's networks side by side, clean, under attack, on a board."""
