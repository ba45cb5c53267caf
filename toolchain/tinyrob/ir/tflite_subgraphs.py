"""A graph as a file's subgraphs: with its borders, its variables, and what first fills them."""

from __future__ import annotations

from dataclasses import replace

from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph, Op, Tensor


def subgraphs_of(graph: Graph) -> tuple[Graph, ...]:
    """The subgraphs, as they stand in the file: ``inputs`` and ``outputs`` are the file's own.

    Variables that READ_VARIABLE and ASSIGN_VARIABLE use become handles; a second subgraph, which
    CALL_ONCE runs, gives them their first values.
    """
    resources = sorted(
        op.inputs[0]
        for op in graph.ops
        if isinstance(op.attributes, (kinds.ReadVariable, kinds.AssignVariable))
    )
    resources = list(dict.fromkeys(resources))
    handles = [Op(_handle(graph, i), (), (i,)) for i in resources]
    once = [Op(kinds.CallOnce(1), (), ())] if resources else []
    tensors = list(graph.tensors)
    for index in resources:
        tensors[index] = Tensor(tensors[index].name, (), "resource")
    ops = (*once, *handles, *_entering(graph), *graph.ops, *_leaving(graph))
    main = replace(
        graph,
        tensors=tuple(tensors),
        ops=ops,
        inputs=graph.entries,
        outputs=graph.exits,
        outer_inputs=(),
        outer_outputs=(),
    )
    return (main, _first_values(graph, resources)) if resources else (main,)


def _handle(graph: Graph, index: int) -> kinds.VarHandle:
    return kinds.VarHandle(shared_name=graph.tensors[index].name)


def _first_values(graph: Graph, resources: list[int]) -> Graph:
    tensors: list[Tensor] = []
    ops: list[Op] = []
    for index in resources:
        variable = graph.tensors[index]
        at = len(tensors)
        tensors.append(Tensor(variable.name, (), "resource"))
        tensors.append(
            replace(variable, name=f"{variable.name}/first", data=variable.initial, initial=None)
        )
        ops.append(Op(_handle(graph, index), (), (at,)))
        ops.append(Op(kinds.AssignVariable(), (at, at + 1), ()))
    return Graph(tuple(tensors), tuple(ops), (), (), "first values")


def _entering(graph: Graph) -> list[Op]:
    """The conversions in front of the integer operators."""
    pairs = zip(graph.entries, graph.inputs, strict=True)
    return [Op(kinds.Quantize(), (outer,), (inner,)) for outer, inner in pairs if outer != inner]


def _leaving(graph: Graph) -> list[Op]:
    """The conversions behind them."""
    made = []
    for outer, inner in zip(graph.exits, graph.outputs, strict=True):
        if outer != inner:
            real = graph.tensors[outer].dtype == "float32"
            made.append(Op(kinds.Dequantize() if real else kinds.Quantize(), (inner,), (outer,)))
    return made
