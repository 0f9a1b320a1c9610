"""The command `clearance-hook ASSISTANT EVENT`: hands an assistant's payload to the resident and writes out its answer.

An assistant waits for this process at each step, so it imports what Python has loaded already and little more. Without
a resident it answers itself, slower, in a process that it can end; and where nobody answers in time, it denies, as far as
the assistant's contract lets a hook do so.
"""

# pathlib would cost as much as all the rest
# ruff: noqa: PTH109
import os
import sys
from select import select
from time import monotonic

from clearance.frontends.hooks.closed import CLOSED
from clearance.frontends.hooks.unsupported import refuse_hook

refuse_hook(CLOSED, sys.argv)  # what follows does not load there, and a hook that breaks off lets the act pass
from clearance.frontends.resident.frame import (  # noqa: E402
    ANSWER,
    BEGUN,
    MOST_PAYLOAD,
    QUESTION,
    REFUSAL,
    BadFrame,
    pack,
    receive,
    that_matter,
)
from clearance.frontends.resident.transport import Place, Refused, connect, place_of  # noqa: E402

_UNKNOWN = (
    8.0,
    2,
    "",
    "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.",
)
"""For what no contract names: seconds, exit code, standard output, standard error."""
_SILENCE = 0.8  # seconds after which a resident that does not begin counts as silent
_WORTH = 0.5  # seconds that the way without a resident must have left
_MARGIN = 0.3  # seconds before the end in which a denial is written
_USAGE = "usage: clearance-hook ASSISTANT EVENT   (an assistant runs this; `clearance init` installs it)\n"


class _Unanswered(Exception):
    """Nobody answered; the text says why. `mend` is what should be done about the resident: `begin`, `silent` or nothing."""

    def __init__(self, why: str, *, mend: str = "", place: Place | None = None) -> None:
        super().__init__(why)
        self.mend = mend
        self.place = place


class _Given:
    """An answer: exit code, standard output, standard error; and what to do about the resident once it is written."""

    __slots__ = ("err", "exit", "mend", "out", "place")

    def __init__(self, exit_: int, out: bytes, err: bytes) -> None:
        self.exit, self.out, self.err = exit_, out, err
        self.mend = ""
        self.place: Place | None = None


def main() -> None:
    """Answer one question of an assistant; the process ends with the exit code of its contract."""
    began = monotonic()
    deaf = _open_standard_streams()
    if len(sys.argv) != 3:
        _write(2, _USAGE.encode(), began + 1)
        os._exit(2)
    closed = CLOSED.get(sys.argv[1], {}).get(sys.argv[2], _UNKNOWN)
    until = began + closed[0]
    try:
        given = _answer(sys.argv[1], sys.argv[2], until)
    except _Unanswered as error:
        given = fail_closed(closed, str(error))
        # It has all the time that it needs: what takes too long here (patterns to compile, at first) is done for the next.
        given.mend, given.place = error.mend, error.place
    except BaseException as error:  # noqa: BLE001 -- whatever happened: an exit code of Python's own would let the act pass
        given = fail_closed(closed, f"internal error {type(error).__name__} in the hook's client")
    if given.out and (deaf or not _write(1, given.out, until + 1)):
        given.exit = given.exit or 2
    _write(2, given.err, until + 1)
    if given.mend and given.place:
        _mend(given.place, given.mend)
    os._exit(given.exit)  # nothing is left to flush, and the end of an interpreter takes a millisecond


def fail_closed(closed: tuple[float, int, str, str], why: str) -> _Given:
    """Give the contract's strictest answer, which says why."""
    _, exit_, out, err = closed
    said = err.replace("{why}", why)
    return _Given(exit_, out.replace("{why}", _in_json(why)).encode(), said.encode("utf-8", "replace"))


def _in_json(text: str) -> str:
    """Escape a text for the inside of a JSON string."""
    pieces = []
    for sign in text:
        if sign in '"\\':
            pieces.append(f"\\{sign}")
        else:
            pieces.append(sign if " " <= sign <= "~" else f"\\u{ord(sign):04x}" if sign <= "\uffff" else "?")
    return "".join(pieces)


def _answer(assistant: str, event: str, until: float) -> _Given:
    """Get an answer from the resident, or without it.

    Raises:
        _Unanswered: nobody could answer in time.
    """
    payload = _read(until - _MARGIN)
    try:
        directory = os.getcwd()
    except OSError:
        directory = "/"
    place, mend, told = None, "", b""
    if os.environ.get("CLEARANCE_RESIDENT") != "off":
        place = place_of(os.environ)
        try:
            return _ask(place, assistant, event, directory, payload, until)
        except _Unanswered as error:
            mend = error.mend
        except Refused as error:
            told = f"clearance: the resident is not used: {error}. Answers are right, and take longer.\n".encode(
                "utf-8", "replace"
            )
    if until - monotonic() < _WORTH:
        raise _Unanswered("the check took longer than this hook may take", mend=mend, place=place)
    from clearance.frontends.resident.cold import NoAnswer, answer_cold

    try:
        exit_, out, err = answer_cold(assistant, event, directory, payload, until - _MARGIN)
    except NoAnswer as error:
        raise _Unanswered(str(error), mend=mend, place=place) from None
    given = _Given(exit_, out, told + err)
    given.place, given.mend = place, mend
    return given


def _ask(place: Place, assistant: str, event: str, directory: str, payload: bytes, until: float) -> _Given:
    """Ask the resident.

    Raises:
        _Unanswered: nobody listens, or no answer came.
        Refused: whoever listens is not this user.
    """
    fields = [place.identity, assistant, event, directory, f"{until - _MARGIN - monotonic():.3f}"]
    fields += [f"{name}={value}" for name, value in that_matter(os.environ).items()]
    question = pack(QUESTION, [os.fsencode(field) for field in fields], payload)
    try:
        connection = connect(place, _SILENCE)
    except (TimeoutError, BlockingIOError):
        raise _Unanswered("the resident takes no questions", mend="silent") from None
    except OSError:
        raise _Unanswered("no resident is running", mend="begin") from None
    begun = False
    try:
        connection.sendall(question)
        kind, said, body = receive(connection, monotonic() + _SILENCE)
        if begun := kind == BEGUN:
            kind, said, body = receive(connection, until - _MARGIN / 2)
        if kind == ANSWER:
            return _read_answer(said, body)
    except (BadFrame, OSError, ValueError, IndexError) as error:
        silent = isinstance(error, TimeoutError) and not begun
        raise _Unanswered("the resident did not answer", mend="silent" if silent else "begin") from None
    finally:
        connection.close()
    why = said[0].decode("ascii", "replace") if kind == REFUSAL and said else "something else"
    raise _Unanswered(f"the resident says: {why}", mend="begin" if why == "stale" else "")


def _read_answer(said: list[bytes], body: bytes) -> _Given:
    exit_, length = int(said[0]), int(said[1])
    if not 0 <= exit_ <= 255 or not 0 <= length <= len(body):
        raise BadFrame("outside of what an answer may be")
    return _Given(exit_, body[:length], body[length:])


def _read(until: float) -> bytes:
    """Read standard input to its end.

    Raises:
        _Unanswered: it is larger than 16 MiB (it is read all the same: an assistant that cannot write calls that an error of
            the hook, and goes on), or does not end in time.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        if not select([0], [], [], max(0.0, until - monotonic()))[0]:
            raise _Unanswered("the assistant did not finish its payload")
        try:
            piece = os.read(0, 1 << 20)
        except BlockingIOError:
            continue
        if not piece:
            break
        size += len(piece)
        if size > MOST_PAYLOAD:
            pieces.clear()
        else:
            pieces.append(piece)
    if size > MOST_PAYLOAD:
        raise _Unanswered(f"the payload has {size} bytes, and more than {MOST_PAYLOAD} are not looked at")
    return b"".join(pieces)


def _write(number: int, data: bytes, until: float) -> bool:
    """Write all of it to a descriptor; tell whether that could be done."""
    try:
        while data:
            if not select([], [number], [], max(0.0, until - monotonic()))[1]:
                return False
            try:
                data = data[os.write(number, data[:65_536]) :]
            except BlockingIOError:
                continue
    except OSError:
        return False
    return True


def _open_standard_streams() -> bool:
    """Open what the caller closed, or the next socket would become standard output; tell whether nobody hears our answer."""
    deaf = False
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open("/dev/null", os.O_RDWR)  # the lowest free number, which is this one
            deaf = deaf or number == 1
    return deaf


def _mend(place: Place, what: str) -> None:
    """Start a resident for the next question, or end one that hangs. The assistant has its answer: nothing here may fail."""
    try:
        from clearance.frontends.resident.start import begin, count_silence

        if what == "begin":
            begin(place)
        else:
            count_silence(place)
    except Exception:  # noqa: BLE001
        return
