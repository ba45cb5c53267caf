"""Portable C99: every layer has a kernel here."""
