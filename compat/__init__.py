"""Decide whether one schema can read what another has written, and prove the answer. Knows no registry."""
