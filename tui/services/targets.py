"""Which nodes target words mean: ids, names, host names, `tag:KEY=VALUE` and `group:NAME`, as one types them.

Where the nodes are those of several contexts, `CONTEXT:` in front of a word keeps it to one of them.
"""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tui.ports import Ref, Shape
from tui.services.nodes import Node

GROUP = "group:"
"""What stands in front of a resource group's name."""
_GROUP = re.compile(r"(?:.*:)?group:(.+)")
LIKELY = 4
"""Nodes that are offered for a word that names none, or several."""


class Trouble(StrEnum):
    """Why a word means no node, or not one."""

    UNKNOWN = "unknown"
    SEVERAL = "several"
    NO_TAG = "no tag"
    UNTAGGED = "untagged"
    """The word is right, but no node has that tag now."""
    NOT_HERE = "not here"
    NO_GROUP = "no group"
    NOT_ASKED = "not asked"
    """A group whose members are not known yet."""
    LOADING = "loading"
    """It may be a node of a context whose list is still on its way."""
    NOT_LISTED = "not listed"
    """It may be a node of a context whose list failed."""


class Problem(NamedTuple):
    """What is wrong with a word, as a sentence."""

    word: str
    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The union of what the words mean.

    `targets` is the API's form where one `tag:` word says it all, else the nodes go by their ids; `problems` has one
    for each word that names no node, or more than one. `uncertain` says, as sentences, who else may be meant.
    """

    nodes: tuple[Node, ...] = ()
    targets: tuple[Shape, ...] = field(default=())
    problems: tuple[Problem, ...] = ()
    uncertain: str = ""

    @property
    def ids(self) -> list[str]:
        return [node.id for node in self.nodes]

    @property
    def contexts(self) -> list[str]:
        """The contexts of the nodes, each once."""
        return list(dict.fromkeys(node.context for node in self.nodes))

    def ids_in(self, context: str) -> list[str]:
        """Give the ids of the nodes of one context."""
        return [node.id for node in self.nodes if node.context == context]

    @property
    def online(self) -> list[Node]:
        return [node for node in self.nodes if node.online]

    @property
    def offline(self) -> list[Node]:
        return [node for node in self.nodes if not node.online]


class Directory:
    """Nodes by what they are called; made once for a list of nodes, asked at every key.

    `groups` gives the members of the resource groups that words name (`groups_in`), None for one that does not exist.
    `lacking` says of contexts whose list is not known why it failed, "" while it is on its way: of their nodes only
    those are here that were asked by id, and only an id means them.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        groups: Mapping[str, Collection[Ref] | None] | None = None,
        lacking: Mapping[str, str] | None = None,
    ) -> None:
        self.nodes = nodes
        self._groups = groups or {}
        self._lacking = lacking or {}
        self._contexts = {node.context for node in nodes} | self._lacking.keys()
        self._by_id: dict[str, list[Node]] = {}
        self._by_name: dict[str, list[Node]] = {}
        self._by_host: dict[str, list[Node]] = {}
        for node in nodes:
            self._by_id.setdefault(node.id, []).append(node)
            if node.context in self._lacking:
                continue
            self._by_name.setdefault(node.name, []).append(node)
            self._by_host.setdefault(node.computer_name, []).append(node)

    def choose(self, words: Iterable[str], host: str | None = None) -> Chosen:
        """Find the union of what the words name; no words mean this machine, found by its host name."""
        words = [*words]
        if not words:
            here = self._this_machine(socket.gethostname() if host is None else host)
            said = "This machine is not among the nodes: name a target."
            if here is not None:
                return Chosen(nodes=(here,))
            return Chosen(problems=(self._unlisted("", "") or Problem("", Trouble.NOT_HERE, said),))
        found: dict[Ref, Node] = {}
        targets: list[Shape] = []
        problems: list[Problem] = []
        uncertain: dict[str, None] = {}
        for word in words:
            context, tag = self._within(word)
            if tag.startswith(("tag:", GROUP)) and (unlisted := self._unlisted(word, context)) is not None:
                uncertain[f"{unlisted.text} {word} may mean some of them too."] = None
            if tag.startswith("tag:"):
                target, nodes = self._tagged(tag)
                nodes = [node for node in nodes if not context or node.context == context]
                if target is None:
                    problems.append(Problem(word, Trouble.NO_TAG, f"{word} names no tag: write tag:KEY=VALUE."))
                else:
                    targets.append(target)
                untold = self._untold(context)
                if target is not None and not nodes:
                    none = Problem(word, Trouble.UNTAGGED, f"No node has {word}. {untold}".rstrip())
                    problems.append(self._unlisted(word, context) or none)
                elif untold:
                    uncertain[untold] = None
            elif tag.startswith(GROUP):
                nodes, problem = self._grouped(tag.removeprefix(GROUP), context)
                problems += [problem] if problem else []
                targets.append({"Key": "resource-groups:Name", "Values": [tag.removeprefix(GROUP)]})
            else:
                nodes, problem = self.named(word)
                problems += [problem] if problem else []
            found |= {node.ref: node for node in nodes}
        return Chosen(
            nodes=tuple(found.values()),
            targets=tuple(targets) if len(words) == 1 and not problems else (),
            problems=tuple(problems),
            uncertain=" ".join(uncertain) if found else "",
        )

    def word_for(self, node_id: str) -> str:
        """Give the shortest word that names just this node: its name where no other has it, else its id.

        An id that is handed over behind its context keeps it where another context has that id as well.
        """
        context, id = self._within(node_id)
        same = self._by_id.get(id, [])
        node = next((one for one in same if not context or one.context == context), None)
        if node is None or node.context in self._lacking:
            return node_id
        if len(self._by_name[node.name]) > 1 or node.name.startswith(("tag:", GROUP)) or not node.name:
            return node_id if len(same) > 1 else id
        return node.name

    def _within(self, word: str) -> tuple[str, str]:
        """Take the context off the front of a word, "" where there is none."""
        context, colon, rest = word.partition(":")
        return (context, rest) if colon and rest and context in self._contexts else ("", word)

    def _this_machine(self, host: str) -> Node | None:
        found = self._by_host.get(host, [])
        if len(found) == 1:
            return found[0]
        return self.nodes[0] if len(self.nodes) == 1 and not self._lacking else None

    def _tagged(self, word: str) -> tuple[Shape | None, list[Node]]:
        key, equals, value = word[4:].partition("=")
        if not key:
            return None, []
        # A tag goes as a target of the API: where not all are listed it would run on nodes that nobody has seen.
        listed = [node for node in self.nodes if node.context not in self._lacking]
        if equals:
            return {"Key": f"tag:{key}", "Values": [value]}, [node for node in listed if node.tags.get(key) == value]
        return {"Key": "tag-key", "Values": [key]}, [node for node in listed if key in node.tags]

    def _untold(self, context: str) -> str:
        """Say, as a sentence, whose tags are not known; "" where all are."""
        unknown = [one for one in self.nodes if one.tags_unknown and (not context or one.context == context)]
        if not unknown:
            return ""
        many = f"{len(unknown)} node{'s' * (len(unknown) > 1)}"
        return f"The tags of {many} are not known: {unknown[0].tags_unknown}."

    def _unlisted(self, word: str, context: str) -> Problem | None:
        """Say which context's list is not known, of one context or of all; None where all are."""
        lacking = {name: why for name, why in self._lacking.items() if not context or name == context}
        for name, why in sorted(lacking.items(), key=lambda one: one[1] != ""):
            whose = f"The nodes of {name}" if name else "The nodes"
            if not why:
                return Problem(word, Trouble.LOADING, f"{whose} are still being listed.")
            return Problem(word, Trouble.NOT_LISTED, f"{whose} could not be listed: {why}")
        return None

    def _grouped(self, name: str, context: str) -> tuple[list[Node], Problem | None]:
        word = GROUP + name
        if name not in self._groups:
            return [], Problem(word, Trouble.NOT_ASKED, f"It is being looked up what is in the group {name}.")
        members = self._groups[name]
        if members is None:
            return [], Problem(word, Trouble.NO_GROUP, f"There is no resource group {name}.")
        nodes = [node for node in self.nodes if node.ref in members and (not context or node.context == context)]
        nodes = [node for node in nodes if node.context not in self._lacking]
        if nodes:
            return nodes, None
        return [], self._unlisted(word, context) or Problem(word, Trouble.UNTAGGED, f"No node is in the group {name}.")

    def named(self, word: str) -> tuple[list[Node], Problem | None]:
        """Find the one node that a word names: its id, else its name, else its host name."""
        context, name = self._within(word)
        known = self._by_id.get(name) or self._by_name.get(name) or self._by_host.get(name) or []
        found = [node for node in known if not context or node.context == context] if name else []
        if len(found) == 1:
            return found, None
        if found:
            several = len({node.context for node in found}) > 1
            ids = _some([_said(node, several) for node in found])
            how = "CONTEXT:ID" if several else "its id"
            said = f"{len(found)} nodes are called {word}: {ids}. Name one by {how}."
            return [], Problem(word, Trouble.SEVERAL, said)
        if (unlisted := self._unlisted(word, context)) is not None:
            return [], unlisted
        low = name.casefold()
        like = [node.name for node in self.nodes if node.name.casefold().startswith(low) or node.id.startswith(low)]
        near = f" There are {_some(like)}." if like else ""
        return [], Problem(word, Trouble.UNKNOWN, f"No node is called {word}.{near}")


def _said(node: Node, with_context: bool) -> str:
    named = f"{node.context}:{node.id}" if with_context else node.id
    return f"{named} ({node.address})" if node.address else named


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:LIKELY]) + (f" and {len(words) - LIKELY} more" if len(words) > LIKELY else "")


def groups_in(words: Iterable[str]) -> list[str]:
    """Give the names of the resource groups among target words, each once; a context may stand in front."""
    return [*dict.fromkeys(found[1] for word in words if (found := _GROUP.fullmatch(word)))]


def split_words(line: str) -> list[str]:
    """Split a line of target words; quotes hold a name with spaces together, one that is still open ends at the end."""
    if not any(character in line for character in "'\"\\"):
        # Thousands of ids, at each refresh: shlex looks at one character after the other.
        return [word for word in re.split(r"[ \t\r\n]+", line) if word]
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    return line.split()


def join_words(words: Iterable[str]) -> str:
    """Write target words as one line that `split_words` reads back."""
    return " ".join(shlex.quote(word) if any(c in word for c in " \t'\"\\") or not word else word for word in words)
