"""A model of a repository in which people and assistants work, over real git and formatters, and what others tell of it."""
