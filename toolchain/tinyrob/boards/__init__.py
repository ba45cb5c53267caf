"""Boards as data: TOML files, checked and typed."""
