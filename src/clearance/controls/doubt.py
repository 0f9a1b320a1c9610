"""What is wrong with a reference that no catalogue has, in one sentence, and which id is meant."""

import difflib
import re
from collections.abc import Sequence

from clearance.controls.catalogue import Catalogue, catalogue_of
from clearance.facts.text import visible

_LONGEST = 120
_VERSION = r"(?P<version>[0-9][A-Za-z0-9.]{0,31}?)"


def explain(control: str, among: Sequence[Catalogue]) -> str:
    """Say what is wrong with a reference that does not exist in `among`: in this order, too long, no such prefix, of another
    version, withdrawn, malformed, no such id."""
    shown = visible(control[:_LONGEST])
    if len(control) > _LONGEST:
        return f"no control '{shown}'…; a reference has {_LONGEST} characters at most"
    home = catalogue_of(control, among)
    if home is None:
        return _no_catalogue(control, shown, among)
    other = version_of(control, home)
    if other:
        same = home.refer(_now(other[1], other[0], home))
        hint = f"; {same} exists, and may ask for something else" if same in home.items else ""
        return f"{shown} is of version {other[0]}; this pipeline pins {home.version}{hint}"
    id = id_of(control, home)
    if id in home.withdrawn:
        successors = [home.refer(each) for each in home.withdrawn[id]]
        return f"{shown} is withdrawn" + (f"; {' and '.join(successors)} took its place" if successors else "")
    from clearance.controls.reading import pattern

    if id is None or not pattern(home).fullmatch(id):
        bare = home.refer(control.partition(":")[2])
        example = bare if bare in home.items else _near(control, tuple(home.items)) or next(iter(home.items))
        return f"{shown} is malformed; ids of {home.title} are written like {example}"
    none = f"{home.title} {home.version} has no {shown}"
    if home.kind == "weaknesses":
        return f"{none} (categories and views are no weaknesses)"
    near = _near(control, tuple(home.items))
    return none + (f"; did you mean {near}?" if near else "")


def version_of(control: str, catalogue: Catalogue) -> tuple[str, str] | None:
    """Give the version and the id of a reference to another version of a catalogue, or None where it names none."""
    dated = _dated(catalogue)
    if "{version}" not in catalogue.reference and not dated:
        return None
    form = catalogue.reference.replace("{id}", "{id}:{version}") if dated else catalogue.reference
    written = re.escape(form).replace(r"\{version\}", _VERSION, 1).replace(r"\{id\}", "(?P<id>.{1,64}?)")
    found = re.fullmatch(written, control)
    if found is None or found["version"] == catalogue.version:
        return None
    return found["version"], f"{found['id']}:{found['version']}" if dated else found["id"]


def id_of(control: str, catalogue: Catalogue) -> str | None:
    """Give the id of a reference to a catalogue, or None where it is not written as one."""
    before, _, after = catalogue.refer("{id}").partition("{id}")
    if not (control.startswith(before) and control.endswith(after) and len(control) > len(before) + len(after)):
        return None
    return control[len(before) : len(control) - len(after)]


def _dated(catalogue: Catalogue) -> bool:
    """Tell whether the ids themselves end in the version, as in A01:2025."""
    return all(item.id.endswith(f":{catalogue.version}") for group in catalogue.groups for item in group.items)


def _now(id: str, version: str, catalogue: Catalogue) -> str:
    return id.removesuffix(version) + catalogue.version if _dated(catalogue) else id


def _no_catalogue(control: str, shown: str, among: Sequence[Catalogue]) -> str:
    prefix, colon, rest = control.partition(":")
    whole = {name.casefold(): name for one in among for name in one.items}
    if control.casefold() in whole:
        return f"no control '{shown}'; did you mean {whole[control.casefold()]}?"
    bare = _bare(control, among)
    if bare:
        return f"no control '{shown}'; write the catalogue before it: {bare}"
    if not colon:
        near = _near(control, tuple(whole.values()))
        return f"no control '{shown}'" + (
            f"; did you mean {near}?" if near else "; write the catalogue before it, as in asvs:…"
        )
    names = [one.prefix for one in among]
    close = difflib.get_close_matches(prefix.casefold(), names, n=1)
    if not close or not rest:
        return f"no catalogue '{visible(prefix)}'; there are {', '.join(names)}"
    return f"no catalogue '{visible(prefix)}'; did you mean {close[0]}?"


def _bare(control: str, among: Sequence[Catalogue]) -> str:
    """Find the reference whose part after the prefix is written here, or whose id is; empty where there is not one only."""
    found = {name for one in among for name, item in one.items.items() if control in {item.id, name.partition(":")[2]}}
    return found.pop() if len(found) == 1 else ""


def _near(control: str, names: Sequence[str]) -> str:
    """Find the first name that goes on from here, else the nearest one whatever its case and leading zeros, or nothing."""
    folded = {_plain(name): name for name in reversed(names)}
    longer = next((name for name in names if len(control) > 4 and name.startswith(f"{control}.")), "")
    if longer:
        return longer
    close = difflib.get_close_matches(_plain(control), folded, n=1)
    return folded[close[0]] if close else ""


def _plain(name: str) -> str:
    return re.sub(r"[0-9]+", lambda found: str(int(found[0])), name.casefold())
