"""Finds package names that no registry knows, look-alikes, and packages from addresses whose content may change."""
