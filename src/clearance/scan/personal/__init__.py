"""The family `personal`: data about people that stands in text."""
