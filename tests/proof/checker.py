"""Says which promise was broken, from three witnesses: the driver's log, the server, the devices.

Pure: no database, no network, no clock. For every answer set that somebody was told is saved,
exactly one of these must hold: it waits sealed on its device, it is a stored answer with equal
bytes, or it is in quarantine with equal bytes (or it was erased by request). Never two live rows
for one id, never a row that no device made, never a receipt for what is not on the disk.

Whoever collects the witnesses reads the log first, then the devices, then the server, then what
the log has grown by: what a device has let go by then must be on the server, and whatever lies
anywhere must have been made, however many threads are still at work.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from proof.journal import Event, Kind

from app.domain.receipt import Receipt, ReceiptUnreadable, read_receipt, verify_receipt


class Invariant(StrEnum):
    """What must hold, by the name of its breach."""

    LOST = "lost"
    NOT_DRAINED = "not drained"
    DOUBLED = "doubled"
    NEVER_MADE = "row that no device made"
    CHANGED_BYTES = "changed bytes"
    FALSE_RECEIPT = "false receipt"
    RECEIPT_BEFORE_COMMIT = "receipt before commit"
    RECEIPT_CHANGED = "another receipt for the same bytes"
    GONE_WITHOUT_RECEIPT = "let go without a receipt"
    SAVED_TOO_SOON = "called saved before it was stored"
    NUMBER_REUSED = "sequence number used twice"
    GAP_UNEXPLAINED = "sequence gap unexplained"
    AUDIT_MISSING = "audit row missing"
    AUDIT_FOR_NOTHING = "audit row for nothing"
    AUDIT_BROKEN = "audit chain broken"
    SEEN_BY_ANOTHER = "answer seen by another"
    READABLE = "readable on the device"
    SERVER_BROKE = "the server answered 500"


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One promise that was broken, for whom, and what shows it."""

    invariant: Invariant
    subject: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the answers or of the quarantine. ``hashed`` is the digest of the bytes in it."""

    id: str
    device: str
    seq: int
    digest: str
    hashed: str


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit event about an answer set."""

    kind: str
    id: str
    digest: str
    device: str
    seq: int


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """What the tables hold. ``erased`` maps ids to the digest of the receipt that was left."""

    stored: Sequence[Row] = ()
    quarantined: Sequence[Row] = ()
    numbers: Sequence[tuple[str, int, str]] = ()
    audited: Sequence[Audited] = ()
    erased: dict[str, str] = field(default_factory=dict)
    chain_broken_at: int | None = None


@dataclass(frozen=True, slots=True)
class Lying:
    """An item in a device's store; ``hashed`` is the digest of its bytes as they lie there."""

    id: str
    seq: int
    hashed: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """What lies on a device, and the key that tells its receipts from others.

    ``readable``: something of an answer lies there in clear.
    """

    device: str
    receipt_key: bytes
    items: Sequence[Lying] = ()
    readable: bool = False


@dataclass(frozen=True)
class Witnesses:
    """Everything that is known, with the few views on it that several rules need.

    ``later`` is what was noted while devices and server were asked.
    """

    events: Sequence[Event]
    server: ServerSeen
    devices: Sequence[DeviceSeen]
    later: Sequence[Event] = ()

    def of(self, kind: Kind) -> Iterator[Event]:
        return (event for event in self.events if event.kind is kind)

    @cached_property
    def keys(self) -> dict[str, bytes]:
        return {seen.device: seen.receipt_key for seen in self.devices}

    @cached_property
    def made(self) -> set[tuple[str, str]]:
        """Id and digest of everything that a device sealed, up to this moment."""
        events = (*self.events, *self.later)
        return {(event.id, event.digest) for event in events if event.kind is Kind.SEALED}

    @cached_property
    def on_server(self) -> set[tuple[str, str]]:
        """Id and digest of what is on the server's disk, by the bytes themselves."""
        rows = {(row.id, row.hashed) for row in (*self.server.stored, *self.server.quarantined)}
        return rows | set(self.server.erased.items())

    @cached_property
    def restored_at(self) -> int:
        """The number of the last restore that no drain has followed yet, else 0."""
        drained = max((event.number for event in self.of(Kind.DRAINED)), default=0)
        restored = max((event.number for event in self.of(Kind.RESTORED)), default=0)
        return restored if restored > drained else 0

    @cached_property
    def on_devices(self) -> set[tuple[str, str]]:
        """What will be offered: what waits and, right after a restore, every copy that is kept."""
        return {
            (item.id, item.hashed)
            for seen in self.devices
            for item in seen.items
            if item.waiting or self.restored_at
        }

    @cached_property
    def anywhere(self) -> set[tuple[str, str]]:
        """What is on the server, or will be offered to it."""
        return self.on_server | self.on_devices

    def receipt(self, event: Event) -> Receipt | None:
        """Return the receipt in an event if this device can hold the server to it."""
        try:
            receipt = read_receipt(event.text.encode())
        except ReceiptUnreadable:
            return None
        fits = (receipt.id, receipt.digest, receipt.device) == (
            event.id,
            event.digest,
            event.device,
        )
        return receipt if fits and verify_receipt(self.keys[event.device], receipt) else None


def check(witnesses: Witnesses, *, drained: bool) -> tuple[Breach, ...]:
    """Return every breach, in order. ``drained``: the network was whole and all was sent."""
    rules = RULES if drained else [rule for rule in RULES if rule is not _not_drained]
    return tuple(sorted({breach for rule in rules for breach in rule(witnesses)}))


def _lost(seen: Witnesses) -> Iterator[Breach]:
    """Somebody was told that it is saved, and it is nowhere."""
    for told in seen.of(Kind.TOLD):
        if (told.id, told.digest) not in seen.anywhere:
            yield Breach(Invariant.LOST, told.id, f"no. {told.seq} of {told.device} is nowhere")


def _not_drained(seen: Witnesses) -> Iterator[Breach]:
    for device in seen.devices:
        for item in device.items:
            if item.waiting:
                yield Breach(Invariant.NOT_DRAINED, item.id, "still waits on its device")


def _doubled(seen: Witnesses) -> Iterator[Breach]:
    live = Counter(row.id for row in seen.server.stored)
    places = Counter(
        (row.id, row.digest) for row in (*seen.server.stored, *seen.server.quarantined)
    )
    for id_, count in live.items():
        if count > 1:
            yield Breach(Invariant.DOUBLED, id_, f"{count} live rows")
    for (id_, digest), count in places.items():
        if count > 1:
            yield Breach(Invariant.DOUBLED, id_, f"{count} rows with the bytes {digest[:8]}")


def _never_made(seen: Witnesses) -> Iterator[Breach]:
    for row in (*seen.server.stored, *seen.server.quarantined):
        if (row.id, row.digest) not in seen.made:
            yield Breach(Invariant.NEVER_MADE, row.id, f"bytes {row.digest[:8]} of nobody")


def _changed(seen: Witnesses) -> Iterator[Breach]:
    for row in (*seen.server.stored, *seen.server.quarantined):
        if row.hashed != row.digest:
            yield Breach(Invariant.CHANGED_BYTES, row.id, "its bytes are not those of its digest")
    for device in seen.devices:
        for item in device.items:
            if (item.id, item.hashed) not in seen.made:
                yield Breach(Invariant.CHANGED_BYTES, item.id, "changed on its device")


def _false_receipt(seen: Witnesses) -> Iterator[Breach]:
    """A receipt that holds good, for something that is not on the disk."""
    for event in seen.of(Kind.ANSWERED):
        where = (event.id, event.digest)
        offered_again = event.number < seen.restored_at and where in seen.on_devices
        if where in seen.on_server or offered_again or seen.receipt(event) is None:
            continue
        yield Breach(Invariant.FALSE_RECEIPT, event.id, f"receipt in line {event.number}, no row")


def _before_commit(seen: Witnesses) -> Iterator[Breach]:
    for event in seen.of(Kind.LOOKED):
        if not event.found:
            shown = f"no row yet in line {event.number}"
            yield Breach(Invariant.RECEIPT_BEFORE_COMMIT, event.id, shown)


def _receipt_changed(seen: Witnesses) -> Iterator[Breach]:
    """The same bytes get the same receipt for ever; a restore may forget one and give another."""
    restores, told = 0, defaultdict[tuple[int, str, str, str], set[str]](set)
    for event in seen.events:
        restores += event.kind is Kind.RESTORED
        if event.kind is Kind.ANSWERED and seen.receipt(event) is not None:
            told[restores, event.id, event.digest, event.device].add(event.text)
    for (_, id_, digest, _), texts in told.items():
        if len(texts) > 1:
            shown = f"{len(texts)} receipts for the bytes {digest[:8]}"
            yield Breach(Invariant.RECEIPT_CHANGED, id_, shown)


def _without_receipt(seen: Witnesses) -> Iterator[Breach]:
    earned: set[tuple[str, str, str]] = set()
    for event in seen.events:
        what = (event.device, event.id, event.digest)
        if event.kind is Kind.BELIEVED and seen.receipt(event) is not None:
            earned.add(what)
        elif event.kind in {Kind.BELIEVED, Kind.DROPPED} and what not in earned:
            shown = f"{event.kind} in line {event.number} without a receipt of ours"
            yield Breach(Invariant.GONE_WITHOUT_RECEIPT, event.id, shown)


def _too_soon(seen: Witnesses) -> Iterator[Breach]:
    for event in seen.of(Kind.TOLD):
        if not event.found:
            yield Breach(Invariant.SAVED_TOO_SOON, event.id, "not in the store of its device")


def _number_reused(seen: Witnesses) -> Iterator[Breach]:
    users = defaultdict[tuple[str, int], set[str]](set)
    for event in seen.of(Kind.SEALED):
        users[event.device, event.seq].add(event.id)
    for device, seq, id_ in seen.server.numbers:
        users[device, seq].add(id_)
    for (device, seq), ids in users.items():
        if len(ids) > 1:
            shown = f"no. {seq} stands for {len(ids)} sets"
            yield Breach(Invariant.NUMBER_REUSED, device, shown)


def _gap(seen: Witnesses) -> Iterator[Breach]:
    """The number of a set that was called saved is noted, or its bytes wait or are set aside."""
    noted = set(seen.server.numbers)
    aside = {(row.id, row.hashed) for row in seen.server.quarantined}
    explained = aside | seen.on_devices
    for event in seen.of(Kind.TOLD):
        known = (event.device, event.seq, event.id) in noted or event.id in seen.server.erased
        if not known and (event.id, event.digest) not in explained:
            shown = f"no. {event.seq} never arrived and waits nowhere"
            yield Breach(Invariant.GAP_UNEXPLAINED, event.device, shown)


def _audit(seen: Witnesses) -> Iterator[Breach]:
    """One event for each row, with its digest, device and number; none for a row that is not."""
    rows = Counter[Audited]()
    for kind, found in (
        ("response_stored", seen.server.stored),
        ("response_quarantined", seen.server.quarantined),
    ):
        rows.update(Audited(kind, row.id, row.digest, row.device, row.seq) for row in found)
    events = Counter(seen.server.audited)
    for missing, count in (rows - events).items():
        yield Breach(Invariant.AUDIT_MISSING, missing.id, f"{count} {missing.kind} too few")
    for extra, count in (events - rows).items():
        if extra.id not in seen.server.erased:
            yield Breach(Invariant.AUDIT_FOR_NOTHING, extra.id, f"{count} {extra.kind} too many")
    if seen.server.chain_broken_at is not None:
        shown = f"at link {seen.server.chain_broken_at}"
        yield Breach(Invariant.AUDIT_BROKEN, "audit log", shown)


def _seen_by_another(seen: Witnesses) -> Iterator[Breach]:
    """No reply carries anything from inside a set, to whomever; nor the receipt of another set."""
    inside = {word: e.id for e in seen.of(Kind.SEALED) for word in json.loads(e.text or "[]")}
    texts: dict[str, set[str]] = {}  # what is no receipt is mostly the same few pages
    for event in seen.of(Kind.ANSWERED):
        about = _receipt_of(event.text)
        # A receipt has a closed form with no room for anything else: it is not looked through.
        if about is None and event.text not in texts:
            texts[event.text] = {id_ for word, id_ in inside.items() if word in event.text}
        for id_ in {about} - {event.id} if about else texts[event.text]:
            shown = f"line {event.number} tells {event.device} of it"
            yield Breach(Invariant.SEEN_BY_ANOTHER, id_, shown)


def _receipt_of(text: str) -> str | None:
    try:
        return read_receipt(text.encode()).id
    except ReceiptUnreadable:
        return None


def _readable(seen: Witnesses) -> Iterator[Breach]:
    for device in seen.devices:
        if device.readable:
            yield Breach(Invariant.READABLE, device.device, "answers lie there in clear")


def _server_broke(seen: Witnesses) -> Iterator[Breach]:
    for event in seen.of(Kind.SERVED):
        if event.status >= 500 and event.status not in {503, 507}:
            shown = f"{event.status} in line {event.number}"
            yield Breach(Invariant.SERVER_BROKE, event.id, shown)


RULES: Sequence[Callable[[Witnesses], Iterator[Breach]]] = (
    _lost,
    _not_drained,
    _doubled,
    _never_made,
    _changed,
    _false_receipt,
    _before_commit,
    _receipt_changed,
    _without_receipt,
    _too_soon,
    _number_reused,
    _gap,
    _audit,
    _seen_by_another,
    _readable,
    _server_broke,
)
