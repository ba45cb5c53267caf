"""Networks that users bring: a Keras file or a family of layers, as a plan that can be trained."""
