"""What ``make bench`` measures: every model on every emulated target, against fixed figures."""
