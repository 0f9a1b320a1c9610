"""What may be wrong with a name, a version or an address: one file a check, each gives matches and gaps."""
