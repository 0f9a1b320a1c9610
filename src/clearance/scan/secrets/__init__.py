"""The family `secrets`: keys, tokens and passwords that stand in text."""
