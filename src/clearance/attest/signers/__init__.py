"""Where signing keys live: one file a kind."""
