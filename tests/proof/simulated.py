"""A tablet without a browser: real envelopes, a queue of its own on the disk, the device's rules.

It keeps the rules of ``static/js/outbox.js`` and ``sender.js``: a number and its set are laid down
in one write that is flushed before anybody is told; what lies there is offered again, the same
bytes, until a receipt of ours over these very bytes is here; then a copy is kept, and offered once
more if the service was put back to a backup.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fixtures.capture import Sent, Tablet
from fixtures.clinic_tablets import CONTACT, report
from proof.checker import DeviceSeen, Lying
from proof.journal import Journal, Kind

from app.domain import envelope
from app.domain.receipt import ReceiptUnreadable, read_receipt, verify_receipt

Look = Callable[[str, str], bool]


class Unanswered(Exception):
    """No whole reply came back: nothing is known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What reached the device."""

    status: int
    text: str


class Way(Protocol):
    """A way to the service."""

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Return the reply. Raises Unanswered."""


@dataclass
class Item:
    """One set in the queue. ``receipt`` is there once it is only a copy."""

    id: str
    seq: int
    body: bytes
    receipt: str | None = None

    @property
    def digest(self) -> str:
        return envelope.digest(self.body)


class Store:
    """The queue in a file that only grows; each change is one line, flushed to the disk."""

    def __init__(self, path: Path, *, only_look: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        self.items: dict[tuple[str, str], Item] = {}
        self.generation: str | None = None
        self.last_seq = 0
        self._torn = False
        for line in path.read_bytes().split(b"\n") if path.exists() else ():
            self._take(line)
        if only_look:
            return
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if self._torn:  # the end of a write that a dead battery cut off: nobody was told of it
            os.write(self._file, b"\n")

    def put(self, item: Item) -> None:
        """Lay an item down with its number: both, or neither."""
        body = base64.b64encode(item.body).decode()
        self._write({"put": item.id, "seq": item.seq, "body": body})

    def keep(self, item: Item, receipt: str) -> None:
        self._write({"keep": item.id, "digest": item.digest, "receipt": receipt})

    def drop(self, item: Item) -> None:
        self._write({"drop": item.id, "digest": item.digest})

    def hear_of(self, generation: str) -> None:
        """Offer every copy again if the service is another one than before."""
        if generation != self.generation:
            self._write({"generation": generation})

    def close(self) -> None:
        os.close(self._file)

    def _write(self, change: dict[str, Any]) -> None:
        line = json.dumps(change).encode()
        with self._lock:
            os.write(self._file, line + b"\n")
            os.fdatasync(self._file)
            self._take(line)

    def _take(self, line: bytes) -> None:
        self._torn = False
        if not line:
            return
        try:
            change = json.loads(line)
        except ValueError:
            self._torn = True
            return
        if "put" in change:
            self.last_seq = max(self.last_seq, change["seq"])
            item = Item(change["put"], change["seq"], base64.b64decode(change["body"]))
            self.items[item.id, item.digest] = item
        elif "keep" in change:
            self.items[change["keep"], change["digest"]].receipt = change["receipt"]
        elif "drop" in change:
            del self.items[change["drop"], change["digest"]]
        else:
            self._reoffer(change["generation"])

    def _reoffer(self, generation: str) -> None:
        first, self.generation = self.generation is None, generation
        for item in () if first else self.items.values():
            item.receipt = None


@dataclass
class SimulatedTablet:
    """A tablet that somebody answers on, and that sends when it is told to."""

    made: Tablet
    path: Path
    journal: Journal
    look: Look
    number: int = 0
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.path)
        self.made.seq = self.store.last_seq

    @property
    def receipt_key(self) -> bytes:
        return self.made.keyring.derive("receipt", self.made.device)

    # --- answering -------------------------------------------------------------------------

    def answer(self, **changes: Any) -> Sent:
        """Let somebody answer: sealed, laid down, and only then called saved."""
        return self.put(self.made.send(**changes))

    def put(self, sent: Sent) -> Sent:
        """Lay down one sealed set and tell whoever answered."""
        seq = int(sent.document["seq"])
        self._note_sealed(sent, seq)
        before = self.path.stat().st_size
        self.lay_down(Item(sent.id, seq, sent.body))
        known = {"id": sent.id, "digest": sent.digest, "seq": seq}
        found = self._lies(sent, before)
        self.journal.note(Kind.TOLD, device=self.made.device, found=found, **known)
        return sent

    def lay_down(self, item: Item) -> None:
        self.store.put(item)

    def _note_sealed(self, sent: Sent, seq: int) -> None:
        inside = [sent.document["salt"], sent.document["encounter"]["id"]]
        self.journal.note(
            Kind.SEALED,
            device=self.made.device,
            id=sent.id,
            digest=sent.digest,
            seq=seq,
            text=json.dumps(inside),
        )

    def _lies(self, sent: Sent, before: int) -> bool:
        """Look into what the file grew by, as the next start would."""
        with self.path.open("rb") as file:
            file.seek(before)
            return base64.b64encode(sent.body) in file.read()

    # --- sending ---------------------------------------------------------------------------

    def waiting(self) -> list[Item]:
        return [item for item in self.store.items.values() if item.receipt is None]

    def send_round(self, way: Way) -> int:
        """Offer everything that waits once, and return how much still waits."""
        for item in self.waiting():
            self.offer(way, item)
        return len(self.waiting())

    def offer(self, way: Way, item: Item) -> Reply | None:
        """Offer one set and believe nothing but our receipt over these bytes."""
        known = {"device": self.made.device, "id": item.id, "digest": item.digest}
        self.journal.note(Kind.OFFERED, seq=item.seq, **known)
        try:
            reply = self.put_to(way, item)
        except Unanswered:
            return None
        self.journal.note(Kind.ANSWERED, status=reply.status, text=reply.text, **known)
        if self.is_ours(reply, item):
            found = self.look(item.id, item.digest)
            self.journal.note(Kind.LOOKED, found=found, **known)
        if self.takes_as_receipt(reply, item) and item.receipt is None:
            self.journal.note(Kind.BELIEVED, text=reply.text, **known)
            self.store.keep(item, reply.text)
        return reply

    def put_to(self, way: Way, item: Item) -> Reply:
        headers = Sent(item.id, item.body, envelope.content_digest(item.body), {}).headers(
            self.made.token
        )
        return way.send("PUT", f"/v1/responses/{item.id}", item.body, headers)

    def takes_as_receipt(self, reply: Reply, item: Item) -> bool:
        return self.is_ours(reply, item)

    def is_ours(self, reply: Reply, item: Item) -> bool:
        try:
            receipt = read_receipt(reply.text.encode())
        except ReceiptUnreadable:
            return False
        ours = (item.id, item.digest, self.made.device)
        fits = (receipt.id, receipt.digest, receipt.device) == ours
        return fits and verify_receipt(self.receipt_key, receipt)

    def contact(self, way: Way) -> bool:
        """Say what lies here and hear whether the service was put back. False: not reached."""
        waiting = self.waiting()
        said = report(
            waiting=len(waiting),
            kept=len(self.store.items) - len(waiting),
            last_seq=self.store.last_seq,
            waiting_seqs=sorted({item.seq for item in waiting})[:500],
            generation=self.store.generation,
        )
        headers = {
            "Authorization": f"Bearer {self.made.token}",
            "Content-Type": "application/json",
        }
        try:
            reply = way.send("POST", CONTACT, json.dumps(said).encode(), headers)
            self.store.hear_of(json.loads(reply.text)["generation"])
        except (Unanswered, ValueError, KeyError):
            return False
        return True

    # --- bad luck --------------------------------------------------------------------------

    def reload(self) -> None:
        """Lose everything but the file."""
        self.store.close()
        self.store = Store(self.path)
        self.made.seq = self.store.last_seq

    def seen(self) -> DeviceSeen:
        """Return what lies in the file, read anew: the checker's third witness."""
        lying = Store(self.path, only_look=True).items.values()
        items = tuple(Lying(i.id, i.seq, i.digest, i.receipt is None) for i in lying)
        clear = b"items" in self.path.read_bytes()
        return DeviceSeen(self.made.device, self.receipt_key, items, readable=clear)
