"""What goes in is refused early and in words; what comes out is what the documents promise."""

import pytest
from marshmallow import ValidationError

from plugins.booking import schemas

REQUEST = {"service": "physio", "start": "2027-03-02T09:00:00Z", "name": "张伟"}


def fault(schema, field, **changes):
    with pytest.raises(ValidationError) as refused:
        schema().load({**REQUEST, **changes} if schema is schemas.BookingRequest else changes)
    return refused.value.messages[field]


@pytest.mark.parametrize("name", ["山田　太郎", "O’Brien", "نرگس‌آبادی", "Zoë 👩‍⚕️", "李"])
def test_names_of_the_world_are_taken(name):
    assert schemas.BookingRequest().load({**REQUEST, "name": name})["name"] == name


def test_spaces_around_a_name_are_no_part_of_it():
    assert (
        schemas.BookingRequest().load({**REQUEST, "name": "  Ada Lee\u3000"})["name"] == "Ada Lee"
    )


@pytest.mark.parametrize(
    "name", ["", "   ", "Ada\nPrice: 0", "Ada\u2028x", "Ada\x00", "\u202eada", "\u2066x", "x" * 81]
)
def test_a_name_that_could_bend_the_question_is_refused(name):
    assert fault(schemas.BookingRequest, "name", name=name)


@pytest.mark.parametrize("size", [0, -1, 9, "many"])
def test_a_party_has_one_to_eight_persons(size):
    assert fault(schemas.BookingRequest, "party_size", party_size=size)


@pytest.mark.parametrize("after", ["", "1.bkg_1", f"{10**12}.bkg_{'0' * 16}", "1.bkg_" + "0" * 17])
def test_only_a_cursor_goes_on_from_a_page(after):
    assert fault(schemas.PageRequest, "after", after=after) == [
        "Give the `next` of the page before."
    ]


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_bookings(limit):
    assert fault(schemas.PageRequest, "limit", limit=limit)
