"""From a graph to files: every emitter returns a BuildPlan and touches no disk."""
