"""AllowedPatterns: Java's own words, and patterns that would take the engine's time or memory."""

import pytest

from tui.engine.context import ApiFault
from tui.engine.parameter_patterns import check_pattern


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("", "anything"),
        ("[a-z]+", "abc"),
        (r"\Qa.b\E+", "a.bbb"),
        (r"\\Qa", r"\Qa"),
        (r"(?<x>a|b)\k<x>", "bb"),
        ("[a-z&&[^b]]+", "ac"),
        (r"\p{Alpha}+", "abc"),
        (r"\p{Lu}.*", "Äb"),
        (r"\d{3}-\d{4}", "123-4567"),
        ("[A-Za-z0-9]{20}-[a-z]{40}-[0-9]{64}", f"{'A' * 20}-{'b' * 40}-{'1' * 64}"),
        ("[a-z]{4096}", "a" * 4096),
        ("(?i)ABC", "abc"),
        ("(?:a++)b", "aab"),
        (r"[]\[(]{3}", "][("),
        ("(?s).*", "a\nb"),
    ],
)
def test_javas_patterns_match(pattern, value):
    check_pattern(pattern, "String", value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [("a", "ab"), ("a|ab", "b"), (r"\d+", "٣"), (r"\w+", "ä"), ("[a-z]+", "a\n"), (".*", "a\nb"), ("^a$", "a\n")],
)
def test_a_pattern_matches_the_whole_value_or_not_at_all(pattern, value):
    with pytest.raises(ApiFault) as caught:
        check_pattern(pattern, "String", value)
    assert caught.value.code == "ParameterPatternMismatchException"
    assert caught.value.message == f"Parameter value, cannot be validated against allowedPattern: {pattern}"


def test_each_item_of_a_list_matches():
    check_pattern("[a-z]{2}", "StringList", "ab,cd")
    for value in ("ab,c", "ab,", "ab, cd"):
        with pytest.raises(ApiFault):
            check_pattern("[a-z]{2}", "StringList", value)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:(?:a?){1000}){1000}){1000}",
        "((((a{99}){99}){99}){99}){99}",
        "[[(]](?:(?:a?){1000,}){1000,2000}",
        "[](](?:(?:a?){1000}){1000}",
        r"\[(?:(?:[a]?){1000}b){1000}",
        "a{999999999999}",
    ],
)
def test_a_pattern_of_repeated_repetitions_took_all_memory(pattern):
    with pytest.raises(ApiFault) as caught:
        check_pattern(pattern, "String", "a")
    assert caught.value.code == "InvalidAllowedPatternException" and pattern in caught.value.message


@pytest.mark.parametrize("pattern", ["[", "(", ")", "*", "(" * 1024, "a**", r"\k<none>", "(?<1a>x)", "[z-a]"])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(ApiFault) as caught:
        check_pattern(pattern, "String", "a")
    assert caught.value.code == "InvalidAllowedPatternException"


@pytest.mark.parametrize("pattern", ["(x+x+)+y", "(x|xx)+y"])
def test_a_pattern_that_goes_back_and_forth_is_given_up(pattern):
    with pytest.raises(ApiFault) as caught:
        check_pattern(pattern, "String", "x" * 4000)
    assert caught.value.code == "InvalidAllowedPatternException" and "too long" in caught.value.message


def test_a_list_of_items_that_take_long_each_stood_in_everybody_s_way():
    # Each is matched in some hundredths of a second, all of them in half a minute.
    with pytest.raises(ApiFault) as caught:
        check_pattern("(?=(x+x+)+[yz])?x+", "StringList", ",".join(["x" * 18] * 400))
    assert caught.value.code == "InvalidAllowedPatternException" and "too long to match" in caught.value.message
    check_pattern("[a-z]{1,3}", "StringList", ",".join(["abc"] * 2_000))
