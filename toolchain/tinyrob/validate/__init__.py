"""Runners compared with the reference, bit for bit."""
