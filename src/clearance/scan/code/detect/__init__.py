"""The language of Detect blocks and vocabulary pages: reads it, and holds what happens in code against it."""
