"""What allowing a scope opens: each operation once, where it becomes possible."""

from marshmallow import fields

from gateway import OAuth, UserKey
from gateway.declaration import Kind
from gateway.documents.scopes import scope_uses

ANSWER = {"text": fields.String()}


def opened(declaration, scope):
    return [each.name for each in scope_uses(declaration, scope)]


def test_reading_opens_what_needs_nothing_more(linked):
    """The actions need both scopes, so reading alone opens none. The gateway's own are not told."""
    assert opened(linked, "bookings:read") == ["find_slots", "get_booking"]
    assert opened(linked, "bookings:write") == ["book", "cancel"]
    assert opened(linked, "bookings:admin") == []


def test_a_scope_that_acts_can_be_told_from_one_that_reads(linked):
    kinds = {
        scope: {each.kind for each in scope_uses(linked, scope)} for scope in linked.linking.scopes
    }
    assert kinds == {"bookings:read": {Kind.QUERY}, "bookings:write": {Kind.ACTION}}


def test_the_order_is_that_of_the_auth_and_not_of_the_operation(declare):
    made = declare("ordered", OAuth("a", "b", "c"))

    @made.query("/both", returns=ANSWER, scopes=["b", "a"])
    def both():
        """Need two."""

    @made.query("/neither", returns=ANSWER, scopes=[])
    def neither():
        """Need none in particular."""

    assert opened(made.declaration, "b") == ["both"]
    assert opened(made.declaration, "a") == opened(made.declaration, "c") == []


def test_an_operation_with_an_auth_of_its_own_is_counted_and_a_key_opens_none(declare):
    made = declare("mixed", UserKey(("a",)))

    @made.query("/linked", returns=ANSWER, auth=OAuth("b"))
    def linked():
        """Need an account."""

    @made.query("/keyed", returns=ANSWER)
    def keyed():
        """Need a key."""

    assert made.declaration.linking == OAuth("b")
    assert opened(made.declaration, "b") == ["linked"]
    assert opened(made.declaration, "a") == []


def test_what_is_read_by_an_address_is_told_too(declare):
    made = declare("library", OAuth("read"))

    @made.resource("/notes/<note_id>", mime_type="text/plain", listing=None)
    def whole_note(note_id):
        """A whole note."""

    assert opened(made.declaration, "read") == ["whole_note"]


def test_a_plugin_without_accounts_has_none(declare):
    assert scope_uses(declare("free").declaration, "read") == ()
