"""The log: a Merkle tree over signed bundles, its tiles, its signed checkpoint, and the bodies of evidence."""
