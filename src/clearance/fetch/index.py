"""The company's own index as it answers for many names: in parallel, in time, and believed only as far as it proves right.

Two questions whose answers are known come first. An index that does not know a name that everybody installs says nothing by
not knowing another one; an index that knows a name that nobody can have says nothing by knowing another one; and only where
an old release bears the day on which it was really uploaded do the other days count.
"""

import datetime as dt
import queue
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.index import IndexAnswer, Known, Question
from clearance.facts.package import Registry, canonical
from clearance.fetch import npm, pypi
from clearance.fetch.connection import Asking, Origin, Refused, Response, credentials

_MOST_BYTES = 48 << 20
_THREADS = 12
_FRESH = {Known.PRESENT: 3_600.0, Known.ABSENT: 600.0}
"""Seconds for which an answer is kept."""
_KEPT = 20_000
_AGAIN = frozenset({429, 500, 502, 503, 504})
_PAUSE = 0.4
_GONE = "0.0.1-security"
"""The version that npm puts in the place of a package that it took down."""


class _Canary(NamedTuple):
    """What everybody knows of an index: a name that all have, and a release of it with the day of its upload."""

    name: str
    version: str
    day: dt.date


CANARIES = {
    Registry.PYPI: _Canary("requests", "2.0.0", dt.date(2013, 9, 24)),
    Registry.NPM: _Canary("lodash", "4.17.15", dt.date(2019, 7, 19)),
}
_SLACK = dt.timedelta(days=3)


class _Trust(msgspec.Struct, frozen=True):
    """How far an index is believed: `absent` and `present` say why these answers of it are not; empty where they are."""

    absent: str = ""
    present: str = ""
    dated: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """An answer and when it was given, in seconds since 1970."""

    at: float
    answer: IndexAnswer


class _Memory(msgspec.Struct):
    """What an index answered lately, by the words of the question."""

    answers: dict[str, _Kept] = {}
    trust: dict[str, tuple[float, _Trust]] = {}


class CompanyIndex:
    """Asks the indexes of a company. Holds addresses only: connections live as long as one call of `ask`."""

    def __init__(
        self, addresses: Mapping[Registry, str], environment: Mapping[str, str], cache: Cache | None = None
    ) -> None:
        """`addresses` are those of the settings; a registry without one is never asked.

        Raises:
            Refused: an address cannot be used.
        """
        self._origins = {registry: Origin.of(address) for registry, address in addresses.items() if address}
        self._authorizations = {registry: credentials(origin, environment) for registry, origin in self._origins.items()}
        self._cache = cache

    def __repr__(self) -> str:
        """Tell nothing of credentials."""
        return f"CompanyIndex({sorted(origin.name for origin in self._origins.values())})"

    def ask(self, questions: Sequence[Question], seconds: float) -> Sequence[IndexAnswer]:
        """Give one answer for each question, in their order, after at most `seconds`."""
        until = time.monotonic() + seconds
        answers: dict[int, IndexAnswer] = {}
        for registry in {question.registry for question in questions}:
            numbers = [number for number, question in enumerate(questions) if question.registry is registry]
            origin = self._origins.get(registry)
            if origin is None:
                for number in numbers:
                    answers[number] = _silent(questions[number], f"no index for {registry.value} is set", "")
                continue
            asked = [questions[number] for number in numbers]
            answers.update(zip(numbers, self._one(registry, origin, asked, until, seconds), strict=True))
        return [answers[number] for number in range(len(questions))]

    def _one(
        self, registry: Registry, origin: Origin, questions: Sequence[Question], until: float, seconds: float
    ) -> list[IndexAnswer]:
        """Ask one index."""
        now = time.time()
        key = f"index-{registry.purl}-{origin.scheme}-{origin.name}-{origin.path}"
        memory = self._load(key)
        kept = {number: _fresh(memory, question, now) for number, question in enumerate(questions)}
        trust = _trusted(memory, registry, now)
        jobs = [(number, question) for number, question in enumerate(questions) if kept[number] is None]
        canary = CANARIES[registry]
        nobody = f"clearance-{secrets.token_hex(12)}"
        if trust is None:
            jobs = [
                (-1, Question(registry, canary.name, (canary.version,))),
                (-2, Question(registry, nobody)),
                *jobs,
            ]
        told = _Pool(registry, origin, self._authorizations[registry]).run(jobs, until)
        late = f"{origin.name} did not answer within {seconds:g} s"
        if trust is None:
            trust = _judged(told.get(-1), told.get(-2), canary, origin.name)
            if not (trust.absent or trust.present):
                memory.trust[registry.value] = (now, trust)
        answers = []
        for number, question in enumerate(questions):
            raw = kept[number] or told.get(number) or _silent(question, late, origin.name)
            if kept[number] is None and raw.known is not Known.SILENT:
                memory.answers[_words(question)] = _Kept(now, raw)
            answers.append(_believed(raw, trust, now))
        if jobs:
            self._save(key, memory)
        return answers

    def _load(self, key: str) -> _Memory:
        data = self._cache.get(key) if self._cache else None
        try:
            return msgspec.msgpack.decode(data, type=_Memory) if data else _Memory({}, {})
        except (msgspec.DecodeError, ValueError):
            return _Memory({}, {})

    def _save(self, key: str, memory: _Memory) -> None:
        if self._cache is None:
            return
        if len(memory.answers) > _KEPT:
            newest = sorted(memory.answers.items(), key=lambda item: item[1].at)[-_KEPT // 2 :]
            memory.answers = dict(newest)
        self._cache.put(key, msgspec.msgpack.encode(memory))


def _words(question: Question) -> str:
    return "\x00".join((question.registry.value, canonical(question.registry, question.name), *sorted(question.versions)))


def _fresh(memory: _Memory, question: Question, now: float) -> IndexAnswer | None:
    kept = memory.answers.get(_words(question))
    # A clock that was set back makes answers from the future: they are asked for again.
    if kept is None or not 0 <= now - kept.at < _FRESH.get(kept.answer.known, 0.0):
        return None
    return kept.answer._replace(name=question.name)


def _trusted(memory: _Memory, registry: Registry, now: float) -> _Trust | None:
    at, trust = memory.trust.get(registry.value, (0.0, None))
    return trust if 0 <= now - at < _FRESH[Known.ABSENT] else None


def _silent(question: Question, why: str, asked: str) -> IndexAnswer:
    return IndexAnswer(question.registry, question.name, Known.SILENT, why=why, asked=asked)


def _judged(known: IndexAnswer | None, nobody: IndexAnswer | None, canary: _Canary, host: str) -> _Trust:
    """Say how far an index is believed, by its answers to the two questions."""
    absent = present = ""
    if known is None or known.known is not Known.PRESENT:
        said = known.why if known and known.why else f"does not know {canary.name}, either"
        absent = f"{host}: {said}" if known is None or known.known is Known.SILENT else f"{host} {said}"
        absent = absent.removeprefix(f"{host}: {host}: ")
    if nobody is None or nobody.known is Known.SILENT:
        present = nobody.why if nobody else f"{host} did not say whether it knows a name that nobody has"
    elif nobody.known is Known.PRESENT:
        present = f"{host} claims to know a name that nobody has"
    release = known.release(canary.version) if known else None
    dated = bool(release and release.uploaded and abs(release.uploaded.date() - canary.day) <= _SLACK)
    return _Trust(absent, present, dated)


def _believed(raw: IndexAnswer, trust: _Trust, now: float) -> IndexAnswer:
    """Take from an answer what the index did not prove to be able to tell."""
    if raw.known is Known.ABSENT and trust.absent:
        return raw._replace(known=Known.SILENT, why=trust.absent)
    if raw.known is Known.PRESENT and trust.present:
        return raw._replace(known=Known.SILENT, why=trust.present, releases=(), latest="", how_many=0, created=None)
    future = dt.datetime.fromtimestamp(now, dt.UTC) + dt.timedelta(days=1)
    ahead = any(one.uploaded and one.uploaded > future for one in raw.releases)
    if raw.dated and (not trust.dated or ahead):
        bare = tuple(one._replace(uploaded=None) for one in raw.releases)
        return raw._replace(dated=False, created=None, releases=bare)
    return raw


class _Pool:
    """Threads that ask one index. They are not waited for once the time is over."""

    def __init__(self, registry: Registry, origin: Origin, authorization: str) -> None:
        self._registry = registry
        self._origin = origin
        self._authorization = authorization
        self._answers: dict[int, IndexAnswer] = {}
        self._done = threading.Condition()

    def run(self, jobs: Sequence[tuple[int, Question]], until: float) -> dict[int, IndexAnswer]:
        """Ask all; give the answers that came in time, by number."""
        waiting: queue.SimpleQueue[tuple[int, Question]] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        for _ in range(min(_THREADS, len(jobs))):
            threading.Thread(target=self._work, args=(waiting, until), daemon=True).start()
        with self._done:
            while len(self._answers) < len(jobs) and (left := until - time.monotonic()) > 0:
                self._done.wait(left)
            return dict(self._answers)

    def _work(self, waiting: "queue.SimpleQueue[tuple[int, Question]]", until: float) -> None:
        asking = Asking(self._origin, self._authorization)
        try:
            while time.monotonic() < until:
                try:
                    number, question = waiting.get_nowait()
                except queue.Empty:
                    return
                answer = self._answer(asking, question, until)
                with self._done:
                    self._answers[number] = answer
                    self._done.notify_all()
        finally:
            asking.close()

    def _answer(self, asking: Asking, question: Question, until: float) -> IndexAnswer:
        name = self._origin.name
        try:
            response = self._response(asking, question, until)
            if response.status == 200:
                return self._read(response, question)
        except Refused as error:
            return _silent(question, str(error), name)
        except pypi.Garbage as error:
            return _silent(question, f"{name} {error}", name)
        except Exception as error:  # noqa: BLE001 -- whatever an index sends, it must not end the scan
            return _silent(question, f"{name} answered what cannot be read ({type(error).__name__})", name)
        if response.status in (404, 410):
            return IndexAnswer(question.registry, question.name, Known.ABSENT, asked=name)
        if response.status in (401, 403):
            return _silent(question, f"{name} refused ({response.status}): it wants credentials, or others (.netrc)", name)
        return _silent(question, f"{name} answered {response.status}", name)

    def _response(self, asking: Asking, question: Question, until: float) -> Response:
        if self._registry is Registry.PYPI:
            path, accept = f"{canonical(Registry.PYPI, question.name)}/", pypi.ACCEPT
        else:
            path, accept = quote(question.name, safe="@"), npm.FULL
        response = asking.get(path, accept, limit=_MOST_BYTES, until=until)
        if response.status in _AGAIN and until - time.monotonic() > 2 * _PAUSE:
            time.sleep(_PAUSE)
            response = asking.get(path, accept, limit=_MOST_BYTES, until=until)
        return response

    def _read(self, response: Response, question: Question) -> IndexAnswer:
        name, registry = self._origin.name, question.registry
        if registry is Registry.PYPI:
            page = pypi.read(response.body, response.media, question.name)
            times = pypi.moments(page)
            found, latest, count = pypi.releases(page, question.versions, dated=_spread(times))
        else:
            document = npm.read(response.body, question.name)
            if document.gone or set(document.versions) == {_GONE}:
                why = "all its versions were taken down"
                return IndexAnswer(registry, question.name, Known.ABSENT, why=why, asked=name)
            times = list(npm.moments(document))
            found, latest, count = npm.releases(document, question.versions, dated=_spread(times))
        dated = bool(times) and _spread(times)
        return IndexAnswer(
            registry, question.name, Known.PRESENT, dated=dated, created=times[0] if dated else None, latest=latest,
            how_many=count, releases=tuple(found), asked=name,
        )  # fmt: skip


def _spread(times: Sequence[dt.datetime]) -> bool:
    """Whether times can be those of uploads: a mirror that stamps releases when it fetches them gives one hour for all."""
    return len(times) < 5 or times[-1] - times[0] > dt.timedelta(hours=1)
