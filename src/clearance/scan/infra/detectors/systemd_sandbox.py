"""Tells a line that is missing from a sandbox: most of the settings of a hardened unit stand there, and some do not."""

from collections.abc import Iterator
from typing import Final

from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.node import Document

ON: Final = ("systemd.unit",)
_SANDBOX: Final = (
    "NoNewPrivileges",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectControlGroups",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "SystemCallFilter",
    "CapabilityBoundingSet",
)
"""What `systemd-analyze security` weighs most; source: systemd.exec(5)."""
_IMPLIED: Final = {"DynamicUser": ("NoNewPrivileges", "PrivateTmp", "ProtectSystem", "ProtectHome")}
_MOST_MISSING: Final = 2


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each missing setting of a service that has all others but a few."""
    budget.check()
    for unit in document.units:
        service = unit.body.items.get("Service") if unit.kind == "systemd.unit" else None
        if service is None or service.text or "ExecStart" not in service.items:
            continue
        there = {*service.items, *(one for key, what in _IMPLIED.items() if key in service.items for one in what)}
        missing = [key for key in _SANDBOX if key not in there]
        if len(missing) > _MOST_MISSING:
            continue
        for key in missing:
            yield Match(
                rule=rule.id,
                start=unit.head[0],
                end=unit.head[1],
                message=f"the sandbox of the service lacks {key}=, the only line but {len(missing) - 1}"
                if len(missing) > 1
                else f"the sandbox of the service lacks {key}= alone",
                shape=f"{unit.kind} {unit.name} {key}",
            )
