"""The seed paper's tables: one topology, five precisions, four defences, under ART's attacks."""
