"""Labelled code for `./dev bench code`: written for this repository, never tuned against beyond its `dev` part."""
