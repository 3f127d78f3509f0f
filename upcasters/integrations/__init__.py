"""Where events are read: one module per library, each imported only by who uses that library."""
