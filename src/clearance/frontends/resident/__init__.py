"""A warmed process that answers the hooks of one user, so that a hook need not import what it asks."""
