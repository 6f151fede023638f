"""One made-up customer as rows: from the first order to the answer."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from voc import links
from voc.clock import JST, day_of
from voc.delivery.message import new_message_id
from voc.reasons.codebook import ONE_OFF, SUBSCRIPTION
from voc.sample.answering import Said, answer, note
from voc.sample.asking import Asked, Standing, ask, noted_by_phone, standing
from voc.sample.buying import Calendar, Life, live
from voc.sample.company import CAMPAIGNS, DOMAIN
from voc.sample.company_rows import House
from voc.sample.rows import Batch
from voc.sample.voices import Pool, Speaker
from voc.surveys.questions import EXPECTATION, QUESTIONS, VERSION, order_for

NOTED = 0.9
_FORM = "2024-10"


@dataclass(kw_only=True)
class Tallies:
    """What has been made so far: for the quota of answers, and for the history of imports."""

    answers: int = 0
    lines: Counter[date] = field(default_factory=Counter)
    """Rows of the shop's order file, by first day of the month."""
    customers: Counter[date] = field(default_factory=Counter)
    notes: Counter[date] = field(default_factory=Counter)
    """Reasons noted at the telephone, by the Monday on which they were taken in."""
    postcards: Counter[date] = field(default_factory=Counter)
    numbers: Counter[date] = field(default_factory=Counter)
    """Orders of a day, for their numbers."""


@dataclass(slots=True, kw_only=True)
class _Known:
    """A customer whose rows are being written, with the numbers that they have in the batch."""

    row: int
    rng: Random
    life: Life
    asked: list[Asked]
    memberships: list[int] = field(default_factory=list)
    orders: dict[int, int] = field(default_factory=dict)


class Histories:
    """Makes customers, one after the other."""

    def __init__(self, calendar: Calendar, house: House, pool: Pool, *, seed: str, quota: int, share: float) -> None:
        self.calendar = calendar
        self.house = house
        self.pool = pool
        self.seed = seed
        self.quota = quota
        self.share = share
        """Of the customers who could be asked, and of the noted reasons: fewer where few answers are wanted."""
        self.tallies = Tallies()

    def lives(self, first: int, last: int, of: int) -> list[tuple[Random, Life]]:
        """Customers ``first`` to ``last`` of ``of``, by the day they came."""
        found = []
        for number in range(first, last):
            rng = Random(f"{self.seed}/customer/{number}")
            found.append((rng, live(rng, self.calendar, number=number + 1, fraction=(number + 0.5) / of)))
        return found

    def write(self, batch: Batch, lives: list[tuple[Random, Life]], *, first: int) -> None:
        """All rows of these customers; orders and answers in the order of time, as a shop numbers them."""
        people = [self._person(batch, rng, life, number) for number, (rng, life) in enumerate(lives, start=first)]
        self._orders(batch, people)
        told: list[tuple[datetime, int, _Known, Asked | int]] = []
        for one in people:
            told += [(asked.created_at, one.row, one, asked) for asked in one.asked]
            noted = noted_by_phone(one.life, one.asked)
            told += [(at, one.row, one, which) for which, at in noted if one.rng.random() < NOTED * self.share]
        for _, _, one, what in sorted(told, key=lambda row: row[:2]):
            if isinstance(what, Asked):
                self._asked(batch, one, what)
            else:
                self._noted(batch, one, what)

    def _person(self, batch: Batch, rng: Random, life: Life, number: int) -> _Known:
        stands = standing(rng, life, self.calendar.now)
        one = _Known(
            row=self._customer(batch, life, number), rng=rng, life=life, asked=ask(rng, self.calendar, life, stands, share=self.share)
        )
        self._consent(batch, one, stands)
        one.memberships = [self._membership(batch, one, index) for index in range(len(life.memberships))]
        return one

    def _customer(self, batch: Batch, life: Life, number: int) -> int:
        self.tallies.customers[_month(life.began_at)] += 1
        there = min(self.calendar.now, taken_in(_week(life.began_at)))
        person = life.person
        return batch.add(
            "customers", shop_id=self.house.shop_id, external_id=str(10_000 + number), email=person.email, email_problem=person.email_problem,
            phone=person.phone, name=person.name, postal_address=person.postal_address, opt_out_token=links.new_token(),
            first_order_at=life.began_at, entry=life.entry, created_at=there, updated_at=there,
        )  # fmt: skip

    def _consent(self, batch: Batch, one: _Known, stands: Standing) -> None:
        email = one.life.person.email
        if email is None or stands.basis is None:
            return
        left = next((asked.opted_out_at for asked in one.asked if asked.opted_out_at), None) or stands.withdrawn_at
        form = stands.basis == "consent"
        batch.add(
            "consents", customer_id=one.row, channel="mail", basis=stands.basis,
            source="注文画面「お知らせを受け取る」" if form else "お取引(ご注文)", form_version=_FORM if form else None,
            given_at=one.life.began_at, withdrawn_at=left,
        )  # fmt: skip
        if left is not None:
            batch.add("suppressions", channel="mail", address=email, reason="opt_out", created_at=left)
            self._event(batch, left, "customer.opted_out", customer_id=one.row)
        bounced = next((asked.created_at for asked in one.asked if asked.bounced), None)
        if bounced is not None and left is None:
            batch.add("suppressions", channel="mail", address=email, reason="hard_bounce", created_at=bounced + timedelta(minutes=2))

    def _membership(self, batch: Batch, known: _Known, index: int) -> int:
        one = known.life.memberships[index]
        return batch.add(
            "subscriptions", shop_id=self.house.shop_id, external_id=links.new_token()[:10].upper(), customer_id=known.row,
            product_id=self.house.products[one.product], status=one.status, started_at=one.started_at, cancelled_at=one.cancelled_at,
            cycle_days=one.cycle_days, deliveries=one.deliveries,
        )  # fmt: skip

    def _orders(self, batch: Batch, people: list[_Known]) -> None:
        orders = [(order.at, one.row, index, one) for one in people for index, order in enumerate(one.life.orders)]
        for at, customer, index, one in sorted(orders, key=lambda row: row[:3]):
            day, order = day_of(at), one.life.orders[index]
            self.tallies.numbers[day] += 1
            row = batch.add(
                "orders", shop_id=self.house.shop_id, number=f"{day:%y%m%d}-{self.tallies.numbers[day]:04d}", customer_id=customer, ordered_at=at,
                status=order.status, purchase_type=order.purchase_type, total=order.total,
            )  # fmt: skip
            one.orders[index] = row
            self.tallies.lines[_month(at)] += len(order.lines)
            for line in order.lines:
                product = self.house.products[line.product]
                batch.add("order_lines", order_id=row, product_id=product, quantity=line.quantity, unit_price=line.unit_price)

    def _asked(self, batch: Batch, known: _Known, one: Asked) -> None:
        plan = CAMPAIGNS[one.plan]
        answered = one.answered_at if self.tallies.answers < self.quota else None
        token = links.new_token()
        invitation = batch.add(
            "invitations", campaign_id=self.house.campaigns[one.plan], customer_id=known.row, token=token, channel=plan.channel,
            purchase_type=plan.purchase_type, product_id=self.house.products[one.product],
            order_id=None if one.order is None else known.orders[one.order],
            subscription_id=None if one.membership is None else known.memberships[one.membership],
            held_out=one.held_out, created_at=one.created_at, expires_at=one.expires_at,
            asked_at=one.asked_at, shown_at=one.shown_at, answered_at=answered,
        )  # fmt: skip
        about = {"customer_id": known.row, "invitation_id": invitation}
        if plan.channel == "mail" and not one.held_out and known.life.person.email is not None:
            self._message(batch, invitation, known.life.person.email, one)
            if one.asked_at is not None:
                self._event(batch, one.asked_at, "invitation.asked", **about, channel=plan.channel)
        if one.shown_at is not None:
            self._shown(batch, invitation, token, one.shown_at)
            self._event(batch, one.shown_at, "invitation.shown", **about)
        if answered is not None:
            self._answered(batch, known, one, answered, invitation)

    def _answered(self, batch: Batch, known: _Known, one: Asked, at: datetime, invitation: int) -> None:
        plan, life = CAMPAIGNS[one.plan], known.life
        times = len(life.orders) if one.membership is None else life.memberships[one.membership].deliveries
        paper = plan.channel == "paper"
        who = Speaker(
            product=one.product, purchase_type=plan.purchase_type, woman=life.person.woman, times=times, hand="postcard" if paper else ""
        )
        said = answer(known.rng, self.pool, who, at=at, risen=self.calendar.risen(day_of(at)))
        source = "paper" if paper else "web"
        row = self._answer(
            batch, said, at=at, taken_in=at, product=one.product, purchase_type=plan.purchase_type, customer_id=known.row,
            invitation_id=invitation, source=source,
        )  # fmt: skip
        about = {"customer_id": known.row, "invitation_id": invitation, "answer_id": row}
        self._event(batch, at, "answer.received", **about, source=source, questions=VERSION, purpose="1")

    def _message(self, batch: Batch, invitation: int, address: str, one: Asked) -> None:
        status = "failed" if one.bounced else "sent" if one.asked_at is not None else "queued"
        batch.add(
            "messages", invitation_id=invitation, kind="invitation", channel="mail", address=address, message_id=new_message_id(f"x@{DOMAIN}"),
            status=status, attempts=0 if status == "queued" else 1, next_attempt_at=one.created_at, created_at=one.created_at, sent_at=one.asked_at,
            error="宛先が存在しません(550 5.1.1 user unknown)。このアドレスには今後送りません。" if one.bounced else None,
        )  # fmt: skip

    def _shown(self, batch: Batch, invitation: int, token: str, at: datetime) -> None:
        options = {"stated": list(order_for(token)), "text": [], "expectation": [str(value) for value in EXPECTATION]}
        for question in QUESTIONS:
            batch.add(
                "questions_shown", invitation_id=invitation, question=question, version=VERSION, options=options[question], shown_at=at
            )

    def _noted(self, batch: Batch, known: _Known, index: int) -> None:
        """A reason noted at the telephone, taken in with the month's file."""
        one = known.life.memberships[index]
        assert one.cancelled_at is not None
        week = _week(one.cancelled_at)
        if taken_in(week) > self.calendar.now or self.tallies.answers >= self.quota or one.cancelled_at < self.notes_began:
            return
        who = Speaker(product=one.product, purchase_type=SUBSCRIPTION, woman=known.life.person.woman, times=one.deliveries, hand="operator")
        said = note(known.rng, self.pool, who, risen=self.calendar.risen(day_of(one.cancelled_at)))
        self.tallies.notes[week] += 1
        number = f"T{week:%y%m%d}-{self.tallies.notes[week]:03d}"
        self._answer(
            batch, said, at=one.cancelled_at, taken_in=taken_in(week), product=one.product, purchase_type=SUBSCRIPTION, customer_id=known.row,
            source="import", external_id=number, import_key=links.new_token(), extra={"受付": "電話"},
        )  # fmt: skip

    def postcard(self, batch: Batch, number: int, *, of: int) -> None:
        """A reply that lay in a box or came by post, of nobody whom the database knows; there are more of them each month."""
        rng = Random(f"{self.seed}/postcard/{number}")
        day = self._postcard_day((number + rng.random()) / of)
        at = datetime.combine(day, time(rng.randrange(9, 18), rng.randrange(60)), JST)
        week = _week(at)
        self.tallies.postcards[week] += 1
        purchase_type = SUBSCRIPTION if rng.random() < 0.6 else ONE_OFF
        goods = self.calendar.goods_on(rng, day)
        who = Speaker(product=goods.code, purchase_type=purchase_type, times=rng.choice((1, 1, 2, 2, 3, 4, 6)), hand="postcard")
        said = note(rng, self.pool, who, risen=self.calendar.risen(day))
        self._answer(
            batch, said, at=at, taken_in=min(taken_in(week), self.calendar.now), product=goods.code, purchase_type=purchase_type, customer_id=None,
            source="import", external_id=f"H{number + 1:05d}", import_key=links.new_token(), extra={"受付": "はがき"},
        )  # fmt: skip

    def _postcard_day(self, fraction: float) -> date:
        """Three in ten of the first year, seven in ten since the company began to ask for them."""
        first, begun, last = (self.calendar.today - self.calendar.first).days, 150, 7
        back = first - (first - begun) * fraction / 0.3 if fraction < 0.3 else begun - (begun - last) * (fraction - 0.3) / 0.7
        return self.calendar.today - timedelta(days=int(back))

    @property
    def notes_began(self) -> datetime:
        """Since when operators note reasons."""
        return datetime.combine(self.calendar.today - timedelta(days=200), time(0), JST)

    def _answer(
        self, batch: Batch, said: Said, *, at: datetime, taken_in: datetime, product: str, purchase_type: str, customer_id: int | None, source: str,
        invitation_id: int | None = None, external_id: str | None = None, import_key: str | None = None, extra: dict[str, str] | None = None,
    ) -> int:  # fmt: skip
        self.tallies.answers += 1
        answer_id = batch.add(
            "answers", invitation_id=invitation_id, import_key=import_key, external_id=external_id, source=source, shop_id=self.house.shop_id,
            customer_id=customer_id, product_id=self.house.products[product], purchase_type=purchase_type, stated=said.stated, text=said.text,
            expectation=said.expectation, extra=extra or {}, answered_at=at, created_at=taken_in,
        )  # fmt: skip
        if said.more is not None and source == "web":
            more = said.more
            batch.add(
                "follow_ups", answer_id=answer_id, question=more.question, asked_at=more.asked_at, answered_at=more.answered_at,
                skipped=more.skipped, text=more.text,
            )  # fmt: skip
            if more.answered_at is not None:
                self._event(
                    batch, more.answered_at, "follow_up.answered", customer_id=customer_id, invitation_id=invitation_id, answer_id=answer_id
                )
        return answer_id

    @staticmethod
    def _event(
        batch: Batch, at: datetime, kind: str, *, customer_id: int | None, invitation_id: int | None = None, answer_id: int | None = None, **data: Any
    ) -> None:  # fmt: skip
        batch.add(
            "events", at=at, kind=kind, user_id=None, customer_id=customer_id, invitation_id=invitation_id, answer_id=answer_id, data=data
        )


def _month(moment: datetime) -> date:
    return day_of(moment).replace(day=1)


def _week(moment: datetime) -> date:
    """The Monday on which the week's file of notes is taken in."""
    day = day_of(moment)
    return day + timedelta(days=7 - day.weekday())


def taken_in(monday: date) -> datetime:
    return datetime.combine(monday, time(10, 20), JST)
