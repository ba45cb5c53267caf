"""One Runner protocol, and what speaks it: keras, tflm, host, qemu."""
