"""Accuracy under attack, of what ships.

Four nouns: a ``Target`` (``target.py``) answers for one network; an ``Attack`` (``attacks.py`` and
the files beside it) looks for inputs inside a ball; a ``Norm`` (``grid.py``) says what the ball is;
the criterion is always the same one, a class other than the label's, judged on int8 inputs.

The attack space is the device's own: int8 inputs, eps in their steps. For images one step is one
level of an 8-bit pixel.
"""
