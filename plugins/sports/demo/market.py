"""The demo market as a provider of quotes: it never closes, and its day ends at midnight UTC."""

import datetime
from math import exp, pi, sin

from ..records import Close, History, Quote, Reading
from . import SOURCE
from .chance import fraction
from .companies import Company, company

MINUTE, HOUR, DAY = 60, 3_600, 86_400

# A price is a sum of waves (seconds, share of it): months look like trends, minutes like trade.
WAVES = (
    (211 * DAY, 0.2),
    (23 * DAY, 0.06),
    (3 * DAY, 0.02),
    (5 * HOUR, 0.006),
    (41 * MINUTE, 0.002),
    (4 * MINUTE, 0.0005),
)


DAYS = 30  # of a history


class DemoMarket:
    """Prices of fictional companies, which always answer."""

    def quote(self, symbol: str) -> Reading[Quote]:
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        return Reading((quote_at(company(symbol), now),), SOURCE, now)

    def history(self, symbol: str) -> Reading[History]:
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        return Reading((history_at(company(symbol), now),), SOURCE, now)


def quote_at(listed: Company, now: datetime.datetime) -> Quote:
    """The quote at a second."""
    second = int(now.timestamp())
    return Quote(
        symbol=listed.symbol,
        name=listed.name,
        price=price(listed, second),
        source=SOURCE,
        currency=listed.currency,
        previous_close=price(listed, second - second % DAY),
        as_of=now,
        market_state="open",
        delay="real-time",
    )


def history_at(listed: Company, now: datetime.datetime) -> History:
    """The last 30 days as they stand at a second: it ends at the price of the quote."""
    days = [now.date() - datetime.timedelta(days=back) for back in reversed(range(DAYS))]
    second = int(now.timestamp())
    midnights = range(second - second % DAY - (DAYS - 2) * DAY, second + 1, DAY)
    prices = [price(listed, ended) for ended in (*midnights, second)]
    closes = tuple(map(Close, days, prices))
    return History(listed.symbol, listed.name, listed.currency, closes)


def price(listed: Company, second: int) -> float:
    """The price at a second since 1970, in the company's currency, to the cent."""
    swing = sum(
        share * sin(2 * pi * _turns(listed.symbol, length, second)) for length, share in WAVES
    )
    return round(listed.level * exp(swing), 2)


def _turns(symbol: str, length: int, second: int) -> float:
    return second / length + fraction(f"{symbol} {length}")
