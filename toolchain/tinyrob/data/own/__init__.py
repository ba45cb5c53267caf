"""A user's own data, as a recipe's ``[dataset]`` table describes them: one file a kind.

A kind is added with a module that has ``ask`` (reads its keys of the table) and ``load`` (makes the
dataset), and a line in ``tinyrob.data.own.kinds``.
"""
