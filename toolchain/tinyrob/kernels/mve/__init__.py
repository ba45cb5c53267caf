"""Armv8.1-M with the vector extension (MVE, Helium): Cortex-M55, M85."""
