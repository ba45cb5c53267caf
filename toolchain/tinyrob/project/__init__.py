"""The folder that is built: its manifest, its make, its toolchain, its ELF file."""
