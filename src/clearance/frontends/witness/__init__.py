"""A witness over HTTP (https://c2sp.org/tlog-witness)."""
