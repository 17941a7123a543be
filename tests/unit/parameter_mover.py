"""A process that moves a subtree and stops for ever at an operation, so that it can be killed there.

python -m tests.unit.parameter_mover STORE_FILE JOURNALS OPERATION TURN
"""

import asyncio
import sys
import time
from pathlib import Path

from tests.unit.parameter_store import Store, meddling
from tui.services.parameter_applying import apply
from tui.services.parameter_journal import Journal
from tui.services.parameter_plans import move_plan
from tui.services.parameters import Parameters


def wait_for_the_end() -> None:
    print("there", flush=True)
    time.sleep(600)


async def main(file: str, folder: str, operation: str, turn: str) -> None:
    store = Store(file=Path(file))
    parameters = Parameters(store)
    values = [value async for page in parameters.below("/a", decrypt=True) for value in page]
    store.before.append(meddling(operation, wait_for_the_end, turn=int(turn)))
    await apply(move_plan(values, "/a", "/c"), parameters, journal=Journal(Path(folder)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
