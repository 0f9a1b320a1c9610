"""Puts values back into a text that comes in pieces, as a model's answer does."""

from clearance.mask.conversation import Conversation
from clearance.mask.placeholder import FIRST, LONGEST


class Decoder:
    """Takes pieces and gives them back with their values. Only a tail that may still become a placeholder is held back, at
    most `LONGEST - 1` characters; however the text is cut, the outcome is that of `Conversation.restore`."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take the next piece; give what is sure by now."""
        text = self._held + piece
        at = text.rfind(FIRST, max(0, len(text) - LONGEST + 1))
        if at >= 0 and self._conversation.begins(text[at:]):
            self._held = text[at:]
            text = text[:at]
        else:
            self._held = ""
        return self._conversation.restore(text)

    def finish(self) -> str:
        """Give what was held back, after the last piece."""
        held, self._held = self._held, ""
        return held
