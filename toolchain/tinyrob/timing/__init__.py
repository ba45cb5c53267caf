"""Cycles, estimated: exact counts of basic blocks times the tables of the core's manual."""
