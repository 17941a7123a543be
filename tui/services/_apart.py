"""Tasks that outlive whoever began them, and so hold on to nothing of his."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def apart(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Run a coroutine in an empty context.

    A task keeps the context that it was made in, and that of a screen's code keeps the screen: a poller that one screen
    began and others go on with would hold on to all that the first one shows.
    """
    return asyncio.get_running_loop().create_task(work, context=Context())
