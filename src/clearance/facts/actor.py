"""Who acts: a person, an agent, a service, or nobody knows."""

from enum import Enum

from clearance.facts.fact import Fact


class ActorKind(Enum):
    """What kind of being acts. `UNKNOWN` is treated as an agent wherever that is the stricter reading."""

    PERSON = "person"
    AGENT = "agent"
    SERVICE = "service"
    UNKNOWN = "unknown"


class Actor(Fact):
    """Who acts, by name, with the roles that they hold."""

    name: str
    kind: ActorKind
    roles: tuple[str, ...] = ()


class Evidence(Enum):
    """How it is known who wrote a change, from the strongest to none."""

    OPTION = "option"
    GIT_AI_NOTE = "git-ai note"
    TRAILER = "commit trailer"
    ENVIRONMENT = "environment"
    NONE = "none"


class Authorship(Fact):
    """Who wrote a change and how that is known; `detail` names the trailer, variable or note that tells."""

    author: Actor
    evidence: Evidence
    detail: str = ""

    @property
    def by_ai(self) -> bool:
        """Whether the change is treated as written by an AI: always, unless a person is known to be the author."""
        return self.author.kind is not ActorKind.PERSON
