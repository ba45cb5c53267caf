"""A project for data that nobody has seen: a recipe, a gate, a CI file, a README."""
