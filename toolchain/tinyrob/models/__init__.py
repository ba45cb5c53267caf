"""Networks: quantizers and layers for training, topologies, recipes, and the zoo."""
