"""The data pack: one signed, dated file that holds what is known offline about packages."""
