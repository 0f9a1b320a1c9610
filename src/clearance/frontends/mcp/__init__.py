"""The server that assistants ask over the Model Context Protocol: revisions 2026-07-28 and 2025-11-25."""
