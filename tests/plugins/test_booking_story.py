"""Ada and Lei make, move and cancel bookings over REST, as an assistant would for them."""

import shutil
from datetime import UTC, datetime

import pytest
import time_machine

from gateway.app import SAMPLES
from tests.kit.people import Person

MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
DAY, NINE, LATER = "2027-03-02", "2027-03-02T09:00:00+00:00", "2027-03-02T09:45:00+00:00"


class Patient(Person):
    """Somebody whose assistant books for them."""

    def __init__(self, app, name, plugin="booking"):
        super().__init__(app, f"{name}@example.com", plugin)
        self.name = name

    def free(self, service="physio"):
        found = self.get("/slots", {"service": service, "day": DAY}).json
        return [slot["start"] for slot in found["slots"]]

    def ask_to_book(self, language="en", **changes):
        request = {"service": "physio", "start": NINE, "name": self.name, **changes}
        return self.post("/bookings", request, {"Accept-Language": language})

    def book(self, **changes):
        return self.approve(self.ask_to_book(**changes)).json["result"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY) as clock:
        yield clock


@pytest.fixture
def app(start):
    return start(PLUGINS="booking")


@pytest.fixture
def ada(app):
    return Patient(app, "Ada")


@pytest.fixture
def lei(app):
    return Patient(app, "lei")


def test_a_free_time_is_booked_only_after_its_person_approves(ada):
    assert ada.free()[0] == NINE
    asked = ada.ask_to_book()
    assert asked.status_code == 202
    assert "Book Physiotherapy at Harbour Physio on Tuesday 2 March 2027" in asked.json["question"]
    assert ada.confirm(asked).status_code == 403
    assert ada.free()[0] == NINE
    answer = ada.approve(asked)
    assert (answer.status_code, answer.json["status"]) == (200, "executed")
    assert ada.free()[0] == LATER


def test_a_booking_says_all_there_is_to_know(ada):
    booking = ada.book(party_size=1)
    booking_id, url = booking.pop("booking_id"), booking.pop("url")
    assert url == f"http://localhost/booking/pages/bookings/{booking_id}"
    calendar = f"http://localhost/booking/pages/calendar/{booking_id}.ics?key="
    assert booking.pop("calendar_url").startswith(calendar)
    assert booking == {
        "status": "booked",
        "service": "physio",
        "service_name": "Physiotherapy",
        "start": NINE,
        "start_local": "Tuesday 2 March 2027, 09:00",
        "end": LATER,
        "time_zone": "Europe/London",
        "name": "Ada",
        "party_size": 1,
        "price": {"amount": 5500, "currency": "GBP", "text": "55.00 GBP"},
        "due": {"amount": 5500, "currency": "GBP", "text": "55.00 GBP"},
        "terms": "Cancelling is free until 24 hours before; after that the price stays due.",
        "sequence": 0,
    }


def test_slots_are_shown_in_the_zone_that_was_asked_for(ada):
    found = ada.get("/slots", {"service": "physio", "day": DAY, "time_zone": "Asia/Shanghai"}).json
    assert found["time_zone"] == "Asia/Shanghai"
    assert found["price"]["text"] == "55.00 GBP"
    assert found["slots"][0] == {
        "start": "2027-03-02T17:00:00+08:00",
        "start_utc": NINE,
        "start_local": "Tuesday 2 March 2027, 17:00",
        "end": "2027-03-02T17:45:00+08:00",
        "time_zone": "Asia/Shanghai",
        "free_places": 1,
    }


def test_a_slot_is_booked_as_it_was_shown_whatever_the_zone(ada):
    assert ada.book(start="2027-03-02T17:00:00+08:00")["start"] == NINE
    assert ada.book(start="2027-03-02T09:45:00[Europe/London]")["start"] == LATER


def test_a_chinese_reader_is_asked_in_chinese(ada):
    asked = ada.ask_to_book("zh-CN", name="张伟")
    assert asked.json["question"].startswith("为“张伟”预约 Harbour Physio 的物理治疗")
    assert "星期二" in asked.json["question"]


def test_the_longest_question_is_not_cut(ada):
    late = "2027-09-29T18:00:00Z"
    asked = ada.ask_to_book(start=late, service="pilates", name="x" * 80, party_size=8)
    assert asked.json["question"].endswith(
        "The time is kept for you until 08:05 GMT; then others can take it."
    )
    booking = ada.approve(asked).json["result"]
    path = f"/bookings/{booking['booking_id']}/reschedule"
    moved = ada.post(path, {"start": "2027-09-22T18:00:00Z"})
    assert "The price stays 112.00 GBP." in moved.json["question"]
    assert moved.json["question"].endswith("08:05 GMT; then others can take it.")


def test_the_list_shows_ones_own_bookings_page_by_page(ada, lei):
    booked = [ada.book(start=start)["booking_id"] for start in ada.free()[:3]]
    lei.book(start=lei.free()[0])
    first = ada.get("/bookings", {"limit": 2}).json
    assert [each["booking_id"] for each in first["bookings"]] == [booked[2], booked[1]]
    rest = ada.get("/bookings", {"limit": 2, "after": first["next"]}).json
    assert [each["booking_id"] for each in rest["bookings"]] == [booked[0]]
    assert rest["next"] is None


def test_a_booking_is_moved(ada):
    booking = ada.book()
    asked = ada.post(f"/bookings/{booking['booking_id']}/reschedule", {"start": LATER})
    assert "from Tuesday 2 March 2027, 09:00 GMT" in asked.json["question"]
    moved = ada.approve(asked).json["result"]
    assert (moved["start"], moved["sequence"]) == (LATER, 1)
    assert NINE in ada.free()
    assert LATER not in ada.free()


def test_a_booking_is_cancelled_and_can_be_made_again(ada):
    booking = ada.book()
    asked = ada.post(f"/bookings/{booking['booking_id']}/cancel")
    assert asked.json["question"].startswith("Cancel Physiotherapy for “Ada” on Tuesday")
    cancelled = ada.approve(asked).json["result"]
    assert (cancelled["status"], cancelled["sequence"]) == ("cancelled", 1)
    assert cancelled["due"]["amount"] == 0
    assert ada.book()["booking_id"] != booking["booking_id"]


@pytest.mark.parametrize("action", ["cancel", "reschedule"])
def test_anothers_booking_is_as_unknown_as_none(ada, lei, action):
    arguments = {"start": LATER} if action == "reschedule" else {}
    theirs = f"/bookings/{ada.book()['booking_id']}/{action}"
    nobodys = f"/bookings/bkg_0123456789abcdef/{action}"
    refused, unknown = (lei.post(path, arguments) for path in (theirs, nobodys))
    assert refused.status_code == 404
    assert refused.data == unknown.data


@pytest.mark.parametrize(
    ("wanted", "status", "told"),
    [
        ("2027-03-02T09:00:00", 422, "[Europe/London]"),
        ("2027-03-28T01:30:00[Europe/London]", 422, "2027-03-28T02:30:00+01:00"),
        ("2027-10-31T01:30:00[Europe/London]", 422, "2027-10-31T01:30:00+00:00"),
        ("2027-03-01T07:00:00Z", 422, "in the past"),
        ("2027-03-02T09:10:00Z", 409, NINE),
        (1803978000, 422, "Write it like"),
    ],
)
def test_a_time_that_cannot_be_booked_is_refused_with_what_to_do(ada, wanted, status, told):
    refused = ada.ask_to_book(start=wanted)
    assert refused.status_code == status
    assert told in refused.json["detail"]


@pytest.mark.parametrize("day", ["2027-03-07", "2020-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_without_slots_is_an_empty_list(ada, day):
    answer = ada.get("/slots", {"service": "physio", "day": day})
    assert (answer.status_code, answer.json["slots"]) == (200, [])


def test_an_unknown_service_is_not_found_and_the_known_are_named(ada):
    searched = ada.get("/slots", {"service": "sauna", "day": DAY})
    for answer in (searched, ada.ask_to_book(service="sauna")):
        assert answer.status_code == 404
        assert "physio (Physiotherapy)" in answer.json["detail"]


def test_a_booking_has_a_page_with_a_preview_in_the_readers_language(ada):
    page = ada.book()["url"]
    english = ada.browser().get(page).text
    assert "<title>Physiotherapy · Harbour Physio" in english
    assert 'content="Tuesday 2 March 2027, 09:00 GMT (Europe/London)"' in english
    chinese = ada.browser().get(page, headers={"Accept-Language": "zh-CN"}).text
    assert "物理治疗" in chinese
    assert "2027年3月2日（星期二）09:00" in chinese


def test_the_page_of_a_cancelled_booking_says_so(ada):
    booking = ada.book()
    ada.do(f"/bookings/{booking['booking_id']}/cancel")
    page = ada.browser().get(booking["url"]).text
    assert "This booking was cancelled on Monday 1 March 2027, 08:00" in page
    assert "0.00 GBP" in page
    assert "Add to calendar" not in page


def test_the_page_of_a_moved_booking_says_so_and_leads_to_the_calendar(ada):
    booking = ada.book()
    ada.do(f"/bookings/{booking['booking_id']}/reschedule", {"start": LATER})
    page = ada.browser().get(booking["url"]).text
    assert "Moved to this time on Monday 1 March 2027, 08:00" in page
    assert f'href="{booking["calendar_url"]}">Add to calendar</a>' in page
    chinese = ada.browser().get(booking["url"], headers={"Accept-Language": "zh"}).text
    assert "加入日历" in chinese


def test_the_page_of_a_booking_is_for_its_owner_alone(app, ada, lei):
    page = ada.book()["url"]
    assert ada.browser().get(page).status_code == 200
    nobodys = page[:-16] + "0123456789abcdef"
    refused, unknown = (lei.browser().get(each) for each in (page, nobodys))
    assert refused.status_code == 404
    assert refused.text.replace(page, nobodys) == unknown.text
    preview = app.test_client().get(page)
    assert "Physiotherapy" not in preview.text
    assert "Ada" not in preview.text


def test_a_name_is_shown_on_the_page_as_it_was_written(ada):
    page = ada.browser().get(ada.book(name="<b>Ada</b>")["url"]).text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page


def test_a_copy_of_the_folder_keeps_a_diary_of_its_own(start, tmp_path):
    shutil.copytree(SAMPLES / "booking", tmp_path / "copies" / "clinic")
    app = start(PLUGINS="booking,clinic", folders=(SAMPLES, tmp_path / "copies"))
    here, there = Patient(app, "Ada"), Patient(app, "Ada", "clinic")
    here.book()
    assert there.free()[0] == NINE
    assert there.book()["url"].startswith("http://localhost/clinic/pages/bookings/")
