"""Asks one other tool for the personal data in texts; run by the interpreter of its own environment.

Reads sets of `[path, text]` as JSON from standard input; writes for each set by path what was found as `[begin, end, kind]`,
and the speed over the last set in MB per processor second.
"""

import json
import sys
import time
from collections.abc import Callable

Look = Callable[[str], list[list[object]]]


def _datafog() -> Look:
    from datafog.services.text_service import TextService

    service = TextService(engine="regex")

    def look(text: str) -> list[list[object]]:
        spans = service.annotate_text_sync(text, structured=True)
        return [[one.start, one.end, one.label] for one in spans]

    return look


def _scrubadub() -> Look:
    import scrubadub

    scrubber = scrubadub.Scrubber()

    def look(text: str) -> list[list[object]]:
        return [[one.beg, one.end, one.type] for one in scrubber.iter_filth(text)]

    return look


def _presidio() -> Look:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(ner_model_configuration=NerModelConfiguration())
            blank = spacy.blank("en")
            blank.max_length = 10_000_000
            self.nlp = {"en": blank}

        def load(self) -> None:
            """Fetch nothing."""

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])

    def look(text: str) -> list[list[object]]:
        return [[one.start, one.end, one.entity_type] for one in engine.analyze(text, language="en")]

    return look


def main() -> None:
    """Answer one question."""
    look = {"datafog": _datafog, "scrubadub": _scrubadub, "presidio": _presidio}[sys.argv[1]]()
    sets = json.load(sys.stdin)
    look("warm up: nobody@nowhere.net")
    answers, speed = [], 0.0
    for files in sets:
        began = time.process_time()
        answers.append({path: look(text) for path, text in files})
        busy = time.process_time() - began
        speed = sum(len(text.encode()) for _, text in files) / 1e6 / max(busy, 1e-9)
    json.dump({"answers": answers, "speed": speed}, sys.stdout)


main()
