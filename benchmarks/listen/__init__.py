"""What hearing and seeing cost, and how right they are: front ends, thresholds, attacks."""
