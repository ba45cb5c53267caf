"""tinyrob: robust, deeply quantized networks from training to silicon, bit for bit."""

__version__ = "0.1.0"
