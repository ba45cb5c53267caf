"""The files of a training run's folder, and of an entry of the zoo."""

FROZEN, RECIPE, CARD, HISTORY = "frozen.npz", "recipe.toml", "card.json", "history.json"
"""An entry's files; a training run's folder has the same, without the card."""

FLOAT, BEST, LABELS = "float.npz", "best.npz", "labels.npz"
"""More of a run's: the network that its float epochs ended with, weights by name; the best epoch's
weights where they are kept; and the teacher's labels where they are made once."""
