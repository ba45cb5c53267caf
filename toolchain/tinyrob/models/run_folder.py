"""The files of a training run's folder, and of an entry of the zoo."""

FROZEN, RECIPE, CARD, HISTORY = "frozen.npz", "recipe.toml", "card.json", "history.json"
"""An entry's files; a training run's folder has the same, without the card."""
