"""What the zoo's networks cost on an FPGA, by open tools."""
