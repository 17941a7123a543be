"""A flood is drawn in turns: nothing of it is lost or out of order, and others come in between."""

from __future__ import annotations

import asyncio

from tui.screens._drawing_turns import LEAST, MOST, PIECE, PIECES, ROOM, TURN, Inbox, Turns


async def test_what_came_in_many_pieces_goes_on_in_few_and_in_order() -> None:
    inbox, drawn = Inbox(), []
    for number in range(2000):
        await inbox.put(b"%d," % number)
    inbox.close()
    while await inbox.filled():
        inbox.draw(drawn.append)
    assert b"".join(drawn) == b"".join(b"%d," % number for number in range(2000))
    assert len(drawn) < 10
    assert not await inbox.filled()


async def test_a_replay_is_handed_on_apart_from_what_follows_it() -> None:
    inbox, drawn = Inbox(), []
    await inbox.put(b"old" * 10 + b"new")
    assert inbox.draw(drawn.append, 30)
    inbox.draw(drawn.append)
    assert drawn == [b"old" * 10, b"new"]


async def test_a_piece_of_a_flood_ends_with_a_line() -> None:
    inbox, drawn = Inbox(), []
    await inbox.put(b"a line of the log\r\n" * 2000)
    while inbox.draw(drawn.append):
        pass
    assert len(drawn) > 1
    assert all(piece.endswith(b"\n") for piece in drawn)
    await inbox.put(b"x" * ROOM)  # which is none
    inbox.draw(drawn.append)
    assert len(drawn[-1]) >= LEAST


async def test_a_piece_may_fill_the_turn_only_while_nobody_types() -> None:
    turns, allowed = Turns(), []
    await turns.take(lambda seconds: bool(allowed.append(seconds)))
    turns.typed()
    await turns.take(lambda seconds: bool(allowed.append(seconds)))
    assert allowed == [TURN, PIECE]


async def test_a_turn_waits_for_the_answer_of_a_key_and_not_for_a_second_key() -> None:
    turns, order = Turns(), []
    turns.typed()
    turn = asyncio.ensure_future(turns.take(lambda _: order.append("flood") is not None))
    await asyncio.sleep(0)
    order.append("answer")
    turns.answered()
    await turn
    assert order == ["answer", "flood"]
    turns.typed()
    turns.typed(last=True)  # what comes now is what the line asked for
    turn = asyncio.ensure_future(turns.take(lambda _: order.append("output") is not None))
    await asyncio.sleep(0)
    assert order[-1] == "output"
    await turn


async def test_who_types_without_a_rest_does_not_end_a_flood() -> None:
    turns, drawn = Turns(), []

    async def types() -> None:
        while len(drawn) < 3:
            turns.typed()
            await asyncio.sleep(0)

    async def flood() -> None:
        for number in range(3):
            await turns.take(lambda _, number=number: drawn.append(number) is not None)

    await asyncio.wait_for(asyncio.gather(types(), flood()), 60)
    assert drawn == [0, 1, 2]


async def test_pieces_shrink_where_drawing_is_slow_and_grow_where_it_is_fast() -> None:
    inbox, sizes = Inbox(), []
    loop = asyncio.get_running_loop()

    def slow(data: bytes) -> None:
        until = loop.time() + 0.005
        while loop.time() < until:
            pass
        sizes.append(len(data))

    await inbox.put(bytes(ROOM - 1))
    for _ in range(8):
        inbox.draw(slow)
    assert sizes[-1] == LEAST
    for _ in range(30):
        inbox.draw(lambda data: sizes.append(len(data)))
    assert LEAST < max(sizes[8:]) <= MOST


async def test_who_sends_more_than_there_is_room_for_waits_until_some_was_drawn() -> None:
    inbox = Inbox()
    await inbox.put(bytes(ROOM))
    more = asyncio.ensure_future(inbox.put(b"x"))
    await asyncio.sleep(0)
    assert not more.done()
    while len(inbox) >= ROOM // 2:
        inbox.draw(lambda data: None)
    await more
    assert len(inbox) < ROOM


async def test_what_ctrl_c_had_ended_went_on_for_seconds_where_it_is_slow_to_draw() -> None:
    inbox = Inbox()
    loop = asyncio.get_running_loop()

    def slow(data: bytes) -> None:
        until = loop.time() + 0.002
        while loop.time() < until:
            pass

    await inbox.put(bytes(PIECES * LEAST))
    while inbox.draw(slow):
        pass
    await inbox.put(bytes(PIECES * LEAST))
    more = asyncio.ensure_future(inbox.put(b"x"))
    await asyncio.sleep(0)
    assert not more.done()  # it stays where it comes from
    inbox.draw(slow)
    await more


async def test_others_run_between_two_turns_of_floods() -> None:
    turns, order = Turns(), []

    async def others() -> None:
        for _ in range(20):
            order.append("other")
            await asyncio.sleep(0)

    async def flood(name: str) -> None:
        for _ in range(2):
            await turns.take(lambda _: order.append(name) is not None)

    await asyncio.gather(flood("a"), flood("b"), others())
    assert order[0] == "a"
    assert [name for name in order if name != "other"] == ["a", "b", "a", "b"]
    # All that the others have to do is done in the first rest.
    assert order.index("b") >= 21
