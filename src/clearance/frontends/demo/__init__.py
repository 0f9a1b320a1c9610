"""A small shop and the change that an assistant made to it: real files for a real first run."""
