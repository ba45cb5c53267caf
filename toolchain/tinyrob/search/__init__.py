"""The co-optimization: which layer gets how many bits and how much Jacobian regularization.

A space (``space.py``) says what may change in a recipe; a trial (``trial.py``) trains one choice
and measures robust accuracy, flash and instructions; a study (``study.py``) is Optuna's, in a
database that several machines can share.
"""
