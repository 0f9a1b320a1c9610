"""Where bytes rest between runs: memory, files, SQLite."""
