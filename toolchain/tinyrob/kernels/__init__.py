"""Which C function runs a layer on which instruction set, and how it is told about it."""
