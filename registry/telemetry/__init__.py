"""What an operator sees of a running server: metrics, traces, log lines. Nothing here decides anything."""
