"""Compilers of plans, one file per target. All keep to the meaning of ``interpret``."""
