"""The interfaces by which assistants speak to models: one module each, all with the same six functions."""
