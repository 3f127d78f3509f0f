"""Bring old events up to the version their reader knows."""
