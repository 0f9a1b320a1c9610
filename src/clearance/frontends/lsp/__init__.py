"""The server that editors ask over the Language Server Protocol, version 3.17."""
