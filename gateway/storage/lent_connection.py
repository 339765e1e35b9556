"""A connection that is lent for one transaction, which only the lender begins and ends."""

import re
from contextlib import ExitStack
from typing import Any, NoReturn, Self

from sqlalchemy import Connection, Engine, Transaction, event

# Transactions of the gateway's own end by the driver, and savepoints by other words.
ENDS = re.compile(
    r"\s*(COMMIT|END|ABORT|ROLLBACK(?!(\s+(WORK|TRANSACTION))?\s+TO))\b", re.IGNORECASE
)


class NotYourTransaction(RuntimeError):
    """Whoever was lent a connection wanted to begin or end its transaction. Nothing has happened."""

    def __init__(self, called: str) -> None:
        super().__init__(
            "The transaction is the gateway's, which commits it with the approval: do not call"
            f" {called} on the ledger. Use begin_nested() for a part that may fail."
        )


class LentConnection(Connection):
    """What plugins know as `ledger`.

    To commit here would keep an effect without its approval, and repeat it at the next. So whatever
    begins or ends the transaction is refused before it happens; the caller goes on as after any other
    mistake of an author's.
    """

    @classmethod
    def lend(cls, engine: Engine, stack: ExitStack) -> tuple[Self, Transaction]:
        """A connection with its transaction, which both end with `stack`."""
        connection = cls(engine)
        stack.callback(Connection.close, connection)
        return connection, stack.enter_context(Connection.begin(connection))

    def begin(self) -> NoReturn:
        raise NotYourTransaction("begin()")

    def commit(self) -> NoReturn:
        raise NotYourTransaction("commit()")

    def rollback(self) -> NoReturn:
        raise NotYourTransaction("rollback()")

    def close(self) -> NoReturn:
        raise NotYourTransaction("close()")

    def get_transaction(self) -> NoReturn:
        raise NotYourTransaction("get_transaction()")

    def get_nested_transaction(self) -> NoReturn:
        raise NotYourTransaction("get_nested_transaction()")


def refuse_statements_that_end(engine: Engine) -> None:
    """Refuse the same in SQL, however the connection was come by."""

    @event.listens_for(engine, "before_cursor_execute")
    def check(_: Connection, __: Any, statement: str, *___: Any) -> None:
        ends = ENDS.match(statement)
        if ends:
            raise NotYourTransaction(ends[1])
