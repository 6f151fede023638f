"""Jobs of this area."""

import threading
import time
from collections.abc import Sequence
from email.message import EmailMessage

from voc.accounts import company
from voc.campaigns.rules import invites_at
from voc.campaigns.service import NAMELESS
from voc.campaigns.wording import advertises
from voc.clock import now
from voc.db import Database
from voc.delivery import inviting, message, outbox, send, service
from voc.delivery.outbox import Outgoing
from voc.jobs import Context


def invite_due(context: Context) -> None:
    """Make the invitations of all active campaigns that are due now; by itself only in the daytime."""
    if context.payload.get("at_once") or invites_at(now()):
        inviting.invite_due(context.db, context.settings, stopping=context.stopping, progress=context.progress)


def send_due(context: Context) -> None:
    """Send what waits in the outbox, until nothing is due, the worker ends, or the mail server is away."""
    with context.db.reading() as session:
        total = outbox.waiting(session)
    if total == 0:
        return
    done = 0
    with send.transport(context.settings.smtp_url) as transport:
        round_ = Round(context, transport)
        while not context.stopping.is_set():
            with context.transaction() as session:
                batch = outbox.claim(session, base_url=context.settings.base_url)
            if not batch or not round_.carry(batch):
                return
            done += len(batch)
            context.progress(done, max(done, total))


class Round:
    """Carries batches over one transport, at its pace. Each mail is marked as soon as it left: a crash repeats one at most."""

    def __init__(self, context: Context, transport: send.Transport) -> None:
        self.db: Database = context.db
        self.stopping: threading.Event = context.stopping
        self.mail_from = context.settings.mail_from
        self.transport = transport
        self._next = 0.0
        with context.db.reading() as session:
            self.company = company.read(session)

    def carry(self, batch: Sequence[Outgoing]) -> bool:
        """Send a claimed batch. ``False``: the mail server is away; stop for now."""
        for number, outgoing in enumerate(batch):
            if self._pause() or outgoing.lease_is_short:
                self._release(batch[number:])
                return True
            try:
                self.transport.send(self._mail(outgoing))
            except send.Retry as failure:
                if failure.whole:
                    self._release(batch[number:], str(failure))
                    return False
                with self.db.transaction() as session:
                    outbox.put_off(session, outgoing, str(failure))
            except send.GiveUp as failure:
                with self.db.transaction() as session:
                    outbox.give_up(session, outgoing, str(failure))
                    if failure.bounce:
                        service.suppress(session, "mail", outgoing.letter.to, reason="hard_bounce")
            else:
                with self.db.transaction() as session:
                    outbox.sent(session, outgoing)
        return True

    def _mail(self, outgoing: Outgoing) -> EmailMessage:
        letter = outgoing.letter
        if not self.company.names_itself and advertises(
            letter.subject, letter.opening
        ):  # the settings may have been emptied since it began
            raise send.GiveUp(NAMELESS)
        try:
            return message.build(letter, company=self.company, mail_from=self.mail_from, at=now())
        except message.Unwritable:
            raise send.GiveUp(f"宛先 {message.one_line(letter.to)} は、メールの宛先として使えない形です。") from None

    def _pause(self) -> bool:
        """Keep the transport's pace. ``True``: the worker ends meanwhile."""
        if self.transport.per_second is not None:
            self.stopping.wait(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + 1 / self.transport.per_second
        return self.stopping.is_set()

    def _release(self, batch: Sequence[Outgoing], words: str | None = None) -> None:
        with self.db.transaction() as session:
            outbox.release(session, batch, words, wait=outbox.SERVER_WAIT if words else outbox.AT_ONCE)
