"""Armv7E-M and Armv8-M Mainline with the DSP extension: Cortex-M4, M7, M33."""
