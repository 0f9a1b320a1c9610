"""Labelled secrets, made at run time from fixed seeds: nothing here holds one."""
