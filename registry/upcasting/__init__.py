"""Where schemas and upcasters meet: shapes of schemas, the proof at publication, drafts, and rules for stock clients.

Pure functions over parsed schemas and documents; nothing here reads or writes the registry.
"""

from registry.upcasting.drafting import draft
from registry.upcasting.implied import agreed, implied
from registry.upcasting.numbers import by_names
from registry.upcasting.proposals import Draft, Question
from registry.upcasting.report import Check, Finding, Limits, Report
from registry.upcasting.rules import MigrationRules, migration_rules
from registry.upcasting.shapes import shape_of
from registry.upcasting.travel import Stop, travel
from registry.upcasting.verification import verify

__all__ = [
    "Check", "Draft", "Finding", "Limits", "MigrationRules", "Question", "Report", "Stop", "agreed", "by_names",
    "draft", "implied", "migration_rules", "shape_of", "travel", "verify",
]  # fmt: skip
