"""What was decided about a change; the type is a fact of its own, because other rooms read it."""

from clearance.facts.statement import DecisionPredicate

__all__ = ["DecisionPredicate"]
