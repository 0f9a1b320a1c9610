"""The room that gives verdicts: a case and policies in, a decision with all its reasons out."""
