"""The frozen model: integers on power-of-two grids, and what Python computes with them."""
