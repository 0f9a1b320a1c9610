"""Puts what guards a repository into files that belong to people, and takes it out again without a trace."""
