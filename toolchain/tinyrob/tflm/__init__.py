"""Firmware on TFLite-Micro: its sources from a tree that the user names, around the same apps."""
