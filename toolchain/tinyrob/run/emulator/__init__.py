"""Boards emulated in this process by Unicorn: a wheel, no program of the system's."""
