"""The gate: a folder of schema files against a baseline.

Which file is which version of which subject, what would break, who has accepted it, and how it is reported.
"""
