"""What the servers for assistants and editors need of the house: worker processes, and what these can be asked."""

from clearance.facts.outcome import Outcome
from clearance.facts.standing import Standing
from clearance.rules.model import Rule
from clearance.wiring.places import keys_folder
from clearance.wiring.places import top as top_of
from clearance.wiring.serving.answers import Advised, Leaked, Page, Prompted, Seen
from clearance.wiring.serving.bench import Bench, Busy, Job
from clearance.wiring.serving.pages import page_of, page_text

__all__ = [
    "CHANGE", "GLANCE", "PACKAGE", "PAGES", "PROMPT", "RULE", "RULES_FOR", "START", "TEXT", "Advised", "Bench", "Busy",
    "Job", "Leaked", "Page", "Prompted", "Seen", "keys_folder", "page_of", "page_text", "top_of",
]  # fmt: skip

CHANGE = Job("change", Outcome)
GLANCE = Job("glance", str)
PACKAGE = Job("package", Standing)
PAGES = Job("pages", tuple[Page, ...])
PROMPT = Job("prompt", Prompted)
RULE = Job("rule", Rule)
RULES_FOR = Job("rules_for", Advised)
START = Job("start", str)
TEXT = Job("text", Seen)
