"""Policies as one types them, as PutParameter takes them, and what they mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tui.engine.parameter_policies import parse_policies
from tui.screens._policy_words import (
    Span,
    ahead,
    as_typed,
    meaning,
    problems_of,
    read_moment,
    read_policies,
    read_spans,
)
from tui.services.parameter_models import ParameterPolicy

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def typed(expires: str = "", notice: str = "", quiet: str = "") -> dict[str, str]:
    return {"expires": expires, "notice": notice, "quiet": quiet}


def spelt(**values: str) -> list[str]:
    lines = meaning(read_policies(typed(**values), NOW), NOW)
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("33d", NOW + timedelta(days=33)),
        ("12 h", NOW + timedelta(hours=12)),
        ("2 weeks", NOW + timedelta(days=14)),
        ("2026-12-24", datetime(2026, 12, 24, tzinfo=UTC)),
        ("2026-12-24 09:00", datetime(2026, 12, 24, 9, tzinfo=UTC)),
        ("2026-12-24T09:00Z", datetime(2026, 12, 24, 9, tzinfo=UTC)),
        ("2026-12-24T18:00+09:00", datetime(2026, 12, 24, 9, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_each_form(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        (typed("soon"), "expires", "'soon' is no time"),
        (typed("2026-11-20"), "expires", "2026-11-20 00:00Z is over"),
        (typed("0d"), "expires", "no time"),
        (typed("999999w"), "expires", "beyond every calendar"),
        (typed("2026-02-30"), "expires", "no time"),
        (typed(notice="15d"), "notice", "needs an expiry"),
        (typed("33d", "15"), "notice", "'15' is no time"),
        (typed("33d", "1d 24h"), "notice", "twice"),
        (typed(quiet="20m"), "quiet", "'20m' is no time"),
        (typed("33d", " ".join(f"{n}d" for n in range(1, 11))), "quiet", "11 policies"),
    ],
)
def test_what_is_no_policy_is_a_sentence_at_its_field(values: dict[str, str], field: str, said: str) -> None:
    assert said in problems_of(values, NOW)[field]


def test_policies_are_spelt_out() -> None:
    assert spelt(expires="2026-12-24 09:00", notice="15d 12h", quiet="20 d") == [
        "expires 2026-12-24 09:00Z, in 33 d: it is deleted then",
        "notice 15 d before: 2026-12-09 09:00Z, in 18 d",
        "notice 12 h before: 2026-12-23 21:00Z, in 32 d",
        "notice unless it changes for 20 d: 2026-12-11 09:00Z at the earliest",
    ]
    assert spelt(expires="10d", notice="15d")[1] == "notice 15 d before: 2026-11-16 09:00Z, over already"
    assert spelt() == []


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (timedelta(days=33) - timedelta(seconds=2), "in 33 d"),
        (timedelta(hours=5), "in 5 h"),
        (timedelta(minutes=12), "in 12 min"),
        (timedelta(seconds=9), "in less than a minute"),
        (timedelta(seconds=-1), "over already"),
    ],
)
def test_how_far_ahead_a_time_is(then: timedelta, said: str) -> None:
    assert ahead(NOW + then, NOW) == said


def test_what_is_written_is_what_the_engine_takes_and_comes_back_as_it_was_typed() -> None:
    text = read_policies(typed("2026-12-24T09:00Z", "15d 12h", "20d"), NOW).text()
    policies = [ParameterPolicy(type=one.type, status="Pending", text=one.text) for one in parse_policies(text)]
    assert as_typed(policies) == (typed("2026-12-24T09:00:00Z", "15d 12h", "20d"), [])
    assert read_policies(typed(), NOW).text() == "[{}]"
    assert read_spans("1w, 3h") == (Span(7, "Days"), Span(3, "Hours"))


def test_a_policy_that_no_field_can_say_is_kept() -> None:
    odd = ParameterPolicy(type="Expiration", status="", text='{"Type":"Expiration","Version":"9","Attributes":{}}')
    values, others = as_typed([odd])
    assert (values, others) == (typed(), [odd])
    assert json.loads(read_policies(typed(quiet="1d"), NOW).text([odd.text]))[1]["Version"] == "9"
