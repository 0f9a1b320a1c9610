"""What a changed file does to the files around it that the change leaves alone: one file a format."""
