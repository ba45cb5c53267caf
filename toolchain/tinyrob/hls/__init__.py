"""From a frozen model to FPGAs: hls4ml projects, their resource model, and vendor synthesis."""
