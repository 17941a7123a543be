"""Frames survive any chunking, and what is no frame is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.protocol.frames import HEADER, MAX_FRAME, Decoder, FrameError, Kind, encode

payloads = st.one_of(
    st.tuples(st.just(Kind.DATA), st.binary(max_size=200)),
    st.tuples(
        st.sampled_from([k for k in Kind if k is not Kind.DATA]),
        st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=20), st.integers(), st.none()), max_size=4),
    ),
)


@given(st.lists(st.tuples(payloads, st.integers(0, 2**32 - 1)), max_size=8), st.integers(1, 40))
def test_frames_come_out_as_they_went_in_whatever_the_chunks(messages, size):
    stream = b"".join(encode(kind, number, payload) for (kind, payload), number in messages)
    decoder = Decoder()
    out = []
    for start in range(0, len(stream), size):
        out += decoder.feed(stream[start : start + size])
    assert out == [(kind, number, payload) for (kind, payload), number in messages]


def test_a_frame_of_unknown_kind_is_refused_by_its_number():
    with pytest.raises(FrameError, match="kind 99"):
        list(Decoder().feed(HEADER.pack(0, 99, 1)))


def test_a_frame_longer_than_the_limit_is_refused_before_it_is_read():
    with pytest.raises(FrameError, match=str(MAX_FRAME)):
        list(Decoder().feed(HEADER.pack(MAX_FRAME + 1, Kind.DATA, 1)))


def test_a_payload_that_is_not_json_is_refused():
    with pytest.raises(FrameError, match="CALL"):
        list(Decoder().feed(HEADER.pack(1, Kind.CALL, 1) + b"{"))


def test_frames_before_a_broken_one_are_given_out():
    decoder = Decoder()
    seen = []
    with pytest.raises(FrameError):
        for frame in decoder.feed(encode(Kind.DATA, 1, b"x") + HEADER.pack(0, 77, 1)):
            seen.append(frame)
    assert seen == [(Kind.DATA, 1, b"x")]
