"""What the operations take fits into what servers take."""

import pytest
from marshmallow import fields, validate

from plugins.knowledge import schemas

CHARACTER = 12  # bytes of an emoji or a rare Chinese character, percent-encoded; a common one has 9
LONGEST_REQUEST_LINE = 7_500  # bytes; gunicorn refuses more than 8,190, and hosts' paths take some
AROUND = len("GET /a-long-name-of-a-plugin/notes/ HTTP/1.1\r\n")


def longest_text(field):
    (length,) = (each for each in field.validators if isinstance(each, validate.Length))
    return length.max


def longest_parameter(name, field):
    """The bytes that a field may take in a query string, with what stands around it."""
    named = len(f"&{name}=")
    if isinstance(field, fields.List):
        return longest_text(field) * longest_parameter(name, field.inner)
    if isinstance(field, fields.String):
        return named + CHARACTER * longest_text(field)
    return named + len("2026-11-22")


@pytest.mark.parametrize("takes", [schemas.Question, schemas.NoteId, schemas.NoteSearch])
def test_the_longest_request_fits_into_a_request_line(takes):
    parameters = takes().fields.items()
    longest = AROUND + sum(longest_parameter(name, field) for name, field in parameters)
    assert longest < LONGEST_REQUEST_LINE


def test_a_tag_that_was_saved_can_be_searched_for():
    saved, searched = (takes().fields["tags"] for takes in (schemas.NewNote, schemas.NoteSearch))
    assert longest_text(saved.inner) <= longest_text(searched.inner)
