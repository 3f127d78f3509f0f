"""Keep the versions of every subject, and let no incompatible one in."""
