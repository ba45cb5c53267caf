"""From a network to a folder of firmware: all of it or nothing."""
