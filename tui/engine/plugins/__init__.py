"""Plugins of command documents, one module per `aws:` action, found by its constant ACTION."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def all_plugins() -> dict[str, ModuleType]:
    """Give every plugin's module by its action."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.ACTION: module for module in modules}


def find(action: str) -> ModuleType | None:
    """Give an action's module, whose `prepare(inputs)` says what to run; None where the engine has no such plugin."""
    return all_plugins().get(action)
