"""A team's own policy, and the first case of it."""

POLICY = """\
@id("payments-need-a-person")
@why("no AI changes the payment code alone")
forbid (principal, action == Action::"go-further-unreviewed", resource is File)
when { principal.byAi && resource.path like "src/payments/*" };
"""
CASES = """\
[[case]]
name = "an AI touches the payment code"
files = ["src/payments/charge.py"]
verdict = "ASK"
reasons = ["payments-need-a-person"]
"""
