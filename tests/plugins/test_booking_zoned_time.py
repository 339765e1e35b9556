"""`start` is an instant, or it is refused with the times that could be meant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from marshmallow import Schema, ValidationError

from plugins.booking.zoned_time import TimeZone, ZonedTime, instant


class Visit(Schema):
    start = ZonedTime(required=True)
    time_zone = TimeZone()


visit = Visit()
NINE = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


def refusal(start):
    with pytest.raises(ValidationError) as refused:
        visit.load({"start": start})
    (sentence,) = refused.value.messages["start"]
    return sentence


@pytest.mark.parametrize(
    "written",
    [
        "2027-03-02T09:00:00Z",
        "2027-03-02t09:00:00z",
        "2027-03-02T09:00:00.000+00:00",
        "2027-03-02 09:00:00+00:00",
        "2027-03-02T09:00+00:00",
        "2027-03-02T17:00:00+08:00",
        "2027-03-02T09:00:00[Europe/London]",
        "2027-03-02T17:00:00+08:00[Asia/Shanghai]",
        "2027-03-02T17:00:00[!Asia/Shanghai]",
        "2027-03-02T09:00:00Z[Asia/Shanghai]",
    ],
)
def test_every_way_to_name_an_instant_is_read_as_that_instant(written):
    assert visit.load({"start": written})["start"] == NINE


def test_a_time_without_a_zone_is_told_to_add_one():
    sentence = refusal("2027-03-02T09:00:00")
    assert "2027-03-02T09:00:00+00:00" in sentence
    assert "2027-03-02T09:00:00[Europe/London]" in sentence


def test_a_time_that_the_clocks_skip_names_its_neighbours():
    sentence = refusal("2027-03-28T01:30:00[Europe/London]")
    assert sentence == (
        "The clocks of Europe/London skip 2027-03-28T01:30:00."
        " Write 2027-03-28T00:30:00+00:00 or 2027-03-28T02:30:00+01:00."
    )


def test_a_time_that_the_clocks_show_twice_names_both():
    sentence = refusal("2027-10-31T01:30:00[Europe/London]")
    assert sentence == (
        "The clocks of Europe/London show 2027-10-31T01:30:00 twice."
        " Write 2027-10-31T01:30:00+01:00 or 2027-10-31T01:30:00+00:00."
    )


@pytest.mark.parametrize(("offset", "hour"), [("+01:00", 0), ("+00:00", 1)])
def test_an_offset_says_which_of_the_two_is_meant(offset, hour):
    loaded = visit.load({"start": f"2027-10-31T01:30:00{offset}[Europe/London]"})
    assert loaded["start"] == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-07-01T09:00:00+00:00[Europe/London]", "2027-07-01T09:00:00+01:00"),
        ("2027-10-31T01:30:00+02:00[Europe/London]", "2027-10-31T01:30:00+01:00 or"),
        ("2027-03-28T01:30:00+01:00[Europe/London]", "2027-03-28T02:30:00+01:00"),
    ],
)
def test_an_offset_that_its_zone_does_not_have_is_refused(written, meant):
    assert f" {meant}" in refusal(written)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "europe", "+01:00"])
def test_an_unknown_zone_is_refused(zone):
    assert f'There is no time zone "{zone}".' in refusal(f"2027-03-02T09:00:00[{zone}]")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "tomorrow",
        "2027-03-02",
        "2027-02-30T09:00:00Z",
        "2027-03-02T25:00:00Z",
        "2027-03-02T09:00:00+24:00",
        "2027-03-02T09:00:00Z\n",
        "２０２７-03-02T09:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T23:59:59[America/New_York]",
        "2027-03-02T09:00:00[Europe/London][u-ca=hebrew]",
        1803978000,
        True,
        ["2027-03-02T09:00:00Z"],
    ],
)
def test_anything_else_is_told_how_to_write_a_time(written):
    assert "Write it like 2027-03-02T09:00:00+00:00" in refusal(written)


@given(st.text())
def test_no_text_breaks_it(text):
    faults = visit.validate({"start": text})
    assert faults.keys() <= {"start"}


INSTANTS = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]
)


@given(INSTANTS, ZONES)
def test_what_is_frozen_is_what_was_meant(moment, zone):
    local = moment.astimezone(ZoneInfo(zone))
    loaded = visit.load({"start": f"{local.isoformat()}[{zone}]"})
    frozen = visit.dump(loaded)["start"]
    assert loaded["start"] == moment
    assert visit.load({"start": frozen}) == loaded


@given(INSTANTS, ZONES)
def test_a_wall_time_is_read_as_itself_or_refused_with_real_times(moment, zone):
    wall = moment.replace(tzinfo=None)
    try:
        loaded = visit.load({"start": f"{wall.isoformat()}[{zone}]"})["start"]
    except ValidationError as refused:
        *_, earlier, _or, later = refused.messages["start"][0].removesuffix(".").split()
        times = [visit.load({"start": f"{each}[{zone}]"})["start"] for each in (earlier, later)]
        assert timedelta(0) < times[1] - times[0] <= timedelta(hours=2)
    else:
        assert loaded.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall


def test_the_documents_call_it_a_date_time():
    spec = APISpec("Visits", "1", "3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("Visit", schema=Visit)
    properties = spec.to_dict()["components"]["schemas"]["Visit"]["properties"]
    assert properties["start"] == {"type": "string", "format": "date-time"}
    assert properties["time_zone"] == {"type": "string"}
    frozen = visit.dump({"start": NINE})["start"]
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(properties["start"], format_checker=checker).validate(frozen)


def test_a_zone_alone_is_loaded_and_dumped_by_its_name():
    loaded = visit.load({"start": "2027-03-02T09:00:00Z", "time_zone": "Asia/Shanghai"})
    assert loaded["time_zone"] == ZoneInfo("Asia/Shanghai")
    assert visit.dump(loaded)["time_zone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("written", "offset"), [("2027-01-11T14:00:00", "+00:00"), ("2027-07-12T14:00:00", "+01:00")]
)
def test_both_ways_to_add_a_zone_mean_the_same_time(written, offset):
    with pytest.raises(ValidationError) as refused:
        instant(written)
    told = refused.value.messages[0]
    assert f"({written}[Europe/London])" in told
    assert f"({written}{offset})" in told
    assert instant(f"{written}[Europe/London]") == instant(f"{written}{offset}")
