"""The calendar file of a booking, judged by icalendar, and the link by which calendars follow it."""

import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.booking.bookings import Booking, Guest
from plugins.booking.calendar_file import calendar_file
from plugins.booking.services import SERVICES
from plugins.booking.slots import Slot
from tests.kit.people import Person

MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
NINE, LATER = "2027-03-02T09:00:00+00:00", "2027-03-02T09:45:00+00:00"
PAGE = "https://example.com/booking/pages/bookings/bkg_0123456789abcdef"
UNSAFE = '\r\n\\;,:"“\t\0\x0b\x1c\x85\u2028\u2029\u202e é张👩‍⚕️BEGIN:VEVENT'


def booking(name="Ada", email="ada@example.com", service="physio", party_size=1):
    slot = Slot(SERVICES[service], datetime(2027, 6, 1, 8, 0, tzinfo=UTC))
    return Booking.new("usr_ada", slot, Guest(name, email, party_size), MONDAY)


def the_event(file):
    """The one event of a file, which must be nothing else."""
    read = icalendar.Calendar.from_ical(file)
    assert read.errors == []
    assert (read["VERSION"], read["METHOD"]) == ("2.0", "PUBLISH")
    [event] = read.subcomponents
    assert (event.name, event.errors, event.subcomponents) == ("VEVENT", [], [])
    return event


def test_the_file_says_when_what_where_and_for_whom():
    booked = booking("李明", service="pilates", party_size=2)
    event = the_event(calendar_file(booked, PAGE))
    assert event.decoded("DTSTART") == datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
    assert event.decoded("DTEND") == datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
    assert event.decoded("DTSTAMP") == MONDAY
    assert (event["UID"], event["URL"]) == (booked.id, PAGE)
    assert (event["SUMMARY"], event["LOCATION"]) == ("Pilates class", "Harbour Physio")
    assert event["DESCRIPTION"].startswith("For “李明”, 2 persons\nCancelling is free until")
    assert event["DESCRIPTION"].endswith(f"\n{PAGE}")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)


def test_a_chinese_reader_gets_a_chinese_file():
    event = the_event(calendar_file(booking("李明"), PAGE, "zh"))
    assert event["SUMMARY"] == "物理治疗"
    assert event["DESCRIPTION"].startswith("预约人：“李明”\n开始前 24 小时以上可免费取消")


def test_times_in_summer_are_in_utc():
    assert b"\r\nDTSTART:20270601T080000Z\r\n" in calendar_file(booking(), PAGE)


def test_neither_email_nor_sum_is_in_it():
    file = calendar_file(booking(email="ada@example.com"), PAGE)
    assert b"@" not in file
    assert b"GBP" not in file


def test_a_change_keeps_the_uid_and_grows_the_sequence():
    booked = booking()
    moved = booked.moved(Slot(SERVICES["physio"], booked.end), MONDAY + timedelta(hours=1))
    cancelled = moved.cancelled(MONDAY + timedelta(hours=2))
    events = [the_event(calendar_file(each, PAGE)) for each in (booked, moved, cancelled)]
    assert {event["UID"] for event in events} == {booked.id}
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event.decoded("DTSTAMP").hour for event in events] == [8, 9, 10]
    assert events[1].decoded("DTSTART") == booked.end


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(UNSAFE) | st.characters(), max_size=80))
def test_no_name_breaks_out_of_its_line(name):
    file = calendar_file(booking(name), PAGE)
    lines = file.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 75
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        line.decode()  # no character is cut in two
    assert the_event(file).keys() == the_event(calendar_file(booking(), PAGE)).keys()
    usual = "".join(each for each in name if each.isprintable() or each == " ")
    if usual == name:
        assert f"“{name}”" in the_event(file)["DESCRIPTION"]


@pytest.fixture(autouse=True)
def _the_clock():
    with time_machine.travel(MONDAY):
        yield


@pytest.fixture
def app(start):
    return start(PLUGINS="booking")


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "booking")


def book(person, start=NINE):
    request = {"service": "physio", "start": start, "name": "Ada", "email": "ada@example.com"}
    return person.do("/bookings", request).json["result"]


def test_a_calendar_that_cannot_sign_in_follows_the_link(app, ada):
    booked = book(ada)
    calendar, link = app.test_client(), booked["calendar_url"]
    first = calendar.get(link)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Content-Disposition"] == f"inline; filename={booked['booking_id']}.ics"
    assert the_event(first.data).decoded("DTSTART") == datetime.fromisoformat(NINE)
    seen = {"If-None-Match": first.headers["ETag"]}
    assert calendar.get(link, headers=seen).status_code == 304

    path = f"/bookings/{booked['booking_id']}"
    ada.do(f"{path}/reschedule", {"start": LATER})
    second = calendar.get(link, headers=seen)
    assert the_event(second.data).decoded("DTSTART") == datetime.fromisoformat(LATER)
    ada.do(f"{path}/cancel")
    last = the_event(calendar.get(link).data)
    assert (last["STATUS"], last["SEQUENCE"]) == ("CANCELLED", 2)


def test_the_link_is_the_same_every_time_and_hard_to_guess(ada):
    booked, other = book(ada), book(ada, LATER)
    listed = {each["booking_id"]: each for each in ada.get("/bookings").json["bookings"]}
    assert listed[booked["booking_id"]]["calendar_url"] == booked["calendar_url"]
    keys = {each["calendar_url"].partition("?key=")[2] for each in (booked, other)}
    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)  # of 64 characters: 192 bits


def test_without_the_right_key_there_is_nothing(app, ada):
    booked, other = book(ada), book(ada, LATER)
    address, _, key = booked["calendar_url"].partition("?key=")
    others_key = other["calendar_url"].partition("?key=")[2]
    nobodys = address.replace(booked["booking_id"], "bkg_0123456789abcdef")
    refused = [
        app.test_client().get(each)
        for each in (
            address,
            f"{address}?key=",
            f"{address}?key={others_key}",
            f"{address}?key={key[:-1]}",
            f"{address}?key=%00{key}",
            f"{nobodys}?key={key}",
        )
    ]
    assert {each.status_code for each in refused} == {404}
    assert all("VCALENDAR" not in each.text for each in refused)


def test_a_reader_gets_the_file_in_their_language(app, ada):
    link = book(ada)["calendar_url"]
    chinese = app.test_client().get(link, headers={"Accept-Language": "zh-CN"})
    assert the_event(chinese.data)["SUMMARY"] == "物理治疗"
    assert "Accept-Language" in chinese.headers["Vary"]
