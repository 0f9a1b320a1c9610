"""The reference page of all assistants, generated from their files: `docs/reference/hooks.md`."""

from clearance.assistants.model import Assistant, Event, Hooks, assistants

_HEAD = """# Hooks of assistants

Generated from `src/clearance/assistants/*.toml`, one file an assistant: what each assistant tells a hook, what it takes for
an answer, and what it does when a hook fails. Each file carries the date of its contract; the tests hold it against payloads
that were recorded from the real programs (`tests/frontends/hooks/recorded/README.md` says which were not). To add an
assistant is to write one such file.

An installed hook is one line for `sh` (Linux, macOS, WSL) that calls `clearance-hook ASSISTANT EVENT`, with the
payload on standard input. The same by hand: `clearance hook ASSISTANT EVENT < payload.json`.

What goes wrong is never an allow: a payload that cannot be read, is cut off, names one member twice, is larger than 16 MiB,
or holds a writing tool in a shape that nobody knows is denied wherever the event can deny, with a message that says so. A
tool that no contract names counts as what its input looks like. Unknown fields change nothing. Where an assistant has no
question to a person, what needs a yes is denied with a message that says who can do what.

"""
_TESTED = """## What was tested, and what rests on documentation

*Run* means: shown with the program itself, in the version that is named, against a scripted model
(`tests/assistants_live`, `tests/frontends/hooks/recorded/README.md`). *Documented* means: written from the vendor's
documentation, held against payloads of the documented shapes, and never shown with the program: `clearance prove` judges
what is installed, and nothing shows that the program keeps to its documentation.

| assistant | payloads | effect of answers, crashes, time-outs | instructions reach the model | MCP | stopped, repaired |
| --- | --- | --- | --- | --- | --- |
"""
_PLATFORMS = """
## Platforms

Linux and macOS are supported; everything was run on Linux. Windows is not supported, and its paths on this page are facts
about the assistants, by which guards are recognised. On Windows each command ends with exit code 2 and says so before
anything is read or written, so nothing is half installed; an installed `clearance-hook` gives the assistant the denial of
its contract, with the same words. Inside WSL Clearance and the assistant run as on Linux. `clearance init --managed` writes
nothing for a machine of Windows.

"""
_MOMENTS = {"start": "session starts", "prompt": "before a prompt is sent", "before": "before a tool runs"}
_MOMENTS |= {"after": "after a tool ran", "stop": "the assistant is done"}


def page() -> str:
    """Give the page as Markdown."""
    hooked = [each for each in assistants() if each.hooks]
    bare = [each for each in assistants() if not each.hooks]
    parts = [_HEAD, _overview(hooked), _tested(hooked), _PLATFORMS]
    parts += [_section(each, each.hooks) for each in hooked if each.hooks]
    parts.append("## Assistants without hooks\n\n| assistant | reads | told honestly |\n| --- | --- | --- |\n")
    parts += [f"| {each.title} (`{each.name}`) | {_reads(each)} | {_cell(' '.join(each.limits))} |\n" for each in bare]
    return "".join(parts)


def _overview(hooked: list[Assistant]) -> str:
    lines = ["| assistant | contract | seen with | can deny | can ask | a crash before a tool means |\n"]
    lines.append("| --- | --- | --- | --- | --- | --- |\n")
    for each in hooked:
        events = each.hooks.events if each.hooks else ()
        denies = ", ".join(f"`{event.name}`" for event in events if event.blocks)
        asks = ", ".join(f"`{event.name}`" for event in events if event.asks) or "–"
        crash = sorted({event.crash for event in events if event.moment.value == "before"})
        seen = ", ".join(each.client.seen) or "not run by us"
        lines.append(
            f"| [{each.title}](#{_anchor(each)}) | {each.contract} | {seen} | {denies} | {asks} | {', '.join(crash)} |\n"
        )
    return "".join([*lines, "\n"])


def _tested(hooked: list[Assistant]) -> str:
    """Say of each assistant which claims were shown with the program itself."""
    rows = []
    for each in hooked:
        seen = ", ".join(each.client.seen)
        cells = [f"run, {seen}"] * 5 if seen else ["documented"] * 4 + ["no"]
        rows.append(f"| {each.title} | {' | '.join(cells)} |\n")
    return _TESTED + "".join(rows)


def _section(each: Assistant, hooks: Hooks) -> str:
    lines = [f"## {each.title}\n\n`{each.name}`, contract of {each.contract}"]
    if each.client.lowest:
        lines.append(f", from version {each.client.lowest}")
    lines.append(f". Reads {_reads(each)}.\n\n")
    lines.append("| event | when | within | time-out | tools | denies | asks | crash | late | other exit | not readable |\n")
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
    lines += [_row(event) for event in hooks.events]
    lines.append(
        "\nThe last four columns say what the assistant does with the step when the hook ends by a signal or with exit code "
    )
    lines.append(
        "1, takes longer than its time-out, ends with an exit code that means nothing, or prints what cannot be read.\n\n"
    )
    lines += [f"* `{event.name}`: {event.note}\n" for event in hooks.events if event.note]
    lines.append(f"* Installed line: `{hooks.command}`\n")
    if hooks.plugin:
        lines.append(
            f"* Installed module: `src/clearance/assistants/{hooks.plugin}`, which calls that line without a shell\n"
        )
    lines.append(f"* Tools: {_tools(hooks)}\n")
    places = [f"`{place}`" for place in (hooks.project, hooks.local) if place]
    places += [f"`~/{hooks.user}`" if hooks.user else "", *(f"`{place}`" for place in hooks.managed.values())]
    lines.append(f"* Settings: {', '.join(dict.fromkeys(filter(None, places)))}\n")
    if hooks.trust:
        lines.append(f"* Trust: {hooks.trust}\n")
    if each.mcp and each.mcp.trust:
        lines.append(f"* MCP: {each.mcp.trust}\n")
    lines.append(f"* Nothing may edit through an assistant: {', '.join(f'`{glob}`' for glob in each.guards)}\n\n")
    lines.append("What it cannot do:\n\n")
    lines += [f"* {limit}\n" for limit in each.limits]
    lines.append("\nSources:\n\n")
    lines += [f"* {f'<{source}>' if source.startswith('http') else source}\n" for source in each.sources]
    return "".join([*lines, "\n"])


def _tools(hooks: Hooks) -> str:
    """Which tools are looked into, by what they do."""
    named: dict[str, dict[str, None]] = {}
    for event in hooks.events:
        for tool in event.tools or (hooks.tools if event.moment.value == "before" else ()):
            names = [event.name] if "*" in tool.names else tool.names
            named.setdefault(tool.does, {}).update(dict.fromkeys(names))
    return "; ".join(f"{does} {', '.join(f'`{name}`' for name in names)}" for does, names in named.items())


def _row(event: Event) -> str:
    tools = f"`{_cell(event.matcher)}`" if event.matcher else "all"
    cells = (
        f"`{event.name}`",
        _MOMENTS[event.moment.value],
        f"{event.within} s",
        f"{event.timeout} s" if event.timeout else "none",
        tools if event.moment.value == "before" else "–",
        "yes" if event.blocks else "no",
        "yes" if event.asks else "no",
        event.crash,
        event.late,
        event.other_exit,
        event.unread,
    )
    return f"| {' | '.join(cells)} |\n"


def _reads(each: Assistant) -> str:
    return ", ".join(dict.fromkeys(f"`{place.path}`" for place in each.instructions))


def _anchor(each: Assistant) -> str:
    return each.title.lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
