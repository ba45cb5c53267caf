"""The network as kernels see it: layers with their arithmetic made explicit, and its bounds."""
