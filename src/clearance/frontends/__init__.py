"""Where the house meets the world: each front end parses, calls one room or the pipeline, and prints."""
