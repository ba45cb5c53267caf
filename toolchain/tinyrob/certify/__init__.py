"""Proofs, about the device's own integers, that no input within a ball changes the class."""
