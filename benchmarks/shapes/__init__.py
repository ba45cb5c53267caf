"""``make bench-shapes``: instructions a MAC of some 500 layers, so that none falls off a cliff."""
