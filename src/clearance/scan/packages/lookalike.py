"""Tells which popular name another name looks like: one slip of the keyboard away, or alike to the eye.

Popular targets are indexed by all names that come from deleting one character (the symmetric delete idea of SymSpell),
so that one look-up costs as many probes as the name has characters.
"""

from collections.abc import Sequence

_SHORTEST = 6
_FIRST = 100
_SHORTEST_OF_FIRST = 5
_ALIKE = str.maketrans({"0": "o", "1": "l", "5": "s", "3": "e", "-": None, "_": None, ".": None})


class Lookalikes:
    """The names of one registry that squatters imitate."""

    def __init__(self, targets: Sequence[str]) -> None:
        """Index the most downloaded names, the most downloaded first. Short names have too many innocent neighbours, so
        only the very first may be short."""
        self._rank: dict[str, int] = {}
        self._shorter: dict[str, list[str]] = {}
        self._skeletons: dict[str, str] = {}
        for rank, name in enumerate(targets):
            if len(name) < (_SHORTEST_OF_FIRST if rank < _FIRST else _SHORTEST):
                continue
            self._rank[name] = rank
            self._skeletons.setdefault(_skeleton(name), name)
            for piece in {name, *_deletions(name)}:
                self._shorter.setdefault(piece, []).append(name)

    def near(self, name: str) -> str:
        """Give the popular name that this one looks like, or nothing."""
        if name in self._rank or not _SHORTEST_OF_FIRST <= len(name) <= 80:
            return ""
        alike = self._skeletons.get(_skeleton(name))
        if alike:
            return alike
        candidates = {target for piece in (name, *_deletions(name)) for target in self._shorter.get(piece, ())}
        close = [target for target in candidates if _one_slip(name, target)]
        return min(close, key=self._rank.__getitem__, default="")


def _deletions(name: str) -> list[str]:
    return [name[:at] + name[at + 1 :] for at in range(len(name))]


def _skeleton(name: str) -> str:
    """What the eye keeps: without separators, signs that look alike made one."""
    return name.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def _one_slip(name: str, target: str) -> bool:
    """Whether one insertion, deletion, exchange or swap of neighbours leads from one to the other, and no version or plural
    (a digit, a final s) makes the difference."""
    first = next((at for at, (a, b) in enumerate(zip(name, target, strict=False)) if a != b), min(len(name), len(target)))
    mine, theirs = name[first:], target[first:]
    if mine[:2] == theirs[:2][::-1] and mine[2:] == theirs[2:] and len(mine) > 1:
        return True
    digits = set("0123456789")
    if mine[1:] == theirs[1:]:
        return not {mine[:1], theirs[:1]} & digits
    if mine[1:] == theirs:
        return mine[0] not in digits and mine != "s"
    return theirs[1:] == mine and theirs[0] not in digits and theirs != "s"
