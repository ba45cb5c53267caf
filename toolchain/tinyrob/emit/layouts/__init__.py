"""Weights and biases in the order in which the kernels of an instruction set read them."""
