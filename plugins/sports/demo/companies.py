"""The fictional companies of the demo market."""

from dataclasses import dataclass

from .chance import fraction


@dataclass(frozen=True)
class Company:
    """A fictional company. `level` is what its price moves around, in `currency`."""

    symbol: str
    name: str
    currency: str
    level: float


COMPANIES = (
    Company("DEMO", "Demo Holdings", "USD", 128.0),
    Company("DEMOKITE", "Kite & String Logistics", "USD", 42.5),
    Company("DEMOTEA", "东篱茶业", "CNY", 86.0),
    Company("DEMOFOG", "Foghorn Telecom", "GBP", 7.4),
    Company("DEMOFOX", "Nachtfuchs Maschinenbau", "EUR", 213.0),
    Company("DEMOBAO", "云上包子", "HKD", 31.0),
)
BY_SYMBOL = {company.symbol: company for company in COMPANIES}


def company(symbol: str) -> Company:
    """The company with this symbol; every symbol that begins with DEMO has one."""
    return BY_SYMBOL.get(symbol) or _unnamed(symbol)


def _unnamed(symbol: str) -> Company:
    return Company(symbol, f"Demo Company {symbol}", "USD", round(10 + 190 * fraction(symbol), 2))
