"""Long work over several processes or machines: ``choose`` opens them."""
