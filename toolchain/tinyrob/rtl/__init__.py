"""From a frozen model to plain Verilog, by open tools only: da4ml, Verilator, Yosys, nextpnr."""
