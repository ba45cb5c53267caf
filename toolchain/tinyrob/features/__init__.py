"""Front ends in integers: from a sensor's samples to the network's int8 input."""
