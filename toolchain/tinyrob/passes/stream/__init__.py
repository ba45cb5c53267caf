"""A network with time as an axis, made into one that takes the next few steps of it.

``streamed`` gives a graph with a state: each inference takes new steps of the input and makes what
the whole network would make of the window that ends with them. What a layer has computed of earlier
steps is kept in variables instead of being computed again.
"""

from tinyrob.passes.stream.streamed import Stream, streamed

__all__ = ["Stream", "streamed"]
