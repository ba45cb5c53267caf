"""Training: the loop, Jacobian regularization, checkpoints."""
