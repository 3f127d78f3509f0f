"""The catalog: pages over the registry."""
