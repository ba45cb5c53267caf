"""Sound in, decisions out: a recording through a build's own program, or its reference."""
