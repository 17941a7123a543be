"""Rows of parameters: what a put, a label and a delete change, inside a write of the store.

Every function that takes a connection runs on the store's thread; what it raises undoes the write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from tui.engine.context import ApiFault
from tui.engine.parameter_names import parent_of
from tui.engine.parameter_values import LIMITS, STANDARD
from tui.engine.resource_tags import insert_tags
from tui.engine.store import Store

PARAMETER = "Parameter"
"""The kind of resource under which tags of parameters are stored, by canonical name."""

VERSIONS = 100
"""Versions of one parameter that are kept."""

LABELS = 10
"""Labels that one version may have."""

_TIER_SETTING = "/ssm/parameter-store/default-parameter-tier"
_BY_NAME = "SELECT * FROM parameters WHERE name = ?"
_INSERT = (
    "INSERT INTO parameters (name, shown, parent, type, tier, data_type, key_id, description, allowed_pattern,"
    " policies, version, modified_at, modified_by) VALUES (:name, :shown, :parent, :type, :tier, :data_type, :key_id,"
    " :description, :allowed_pattern, :policies, 1, :modified_at, :modified_by)"
)
_UPDATE = (
    "UPDATE parameters SET tier = :tier, data_type = :data_type, key_id = :key_id, description = :description,"
    " allowed_pattern = :allowed_pattern, policies = :policies, version = :version, modified_at = :modified_at,"
    " modified_by = :modified_by WHERE id = :id"
)
_UPDATE_VALUE = (  # columns of an index are written again where they are named, also with what they had
    "UPDATE parameters SET version = :version, modified_at = :modified_at, modified_by = :modified_by WHERE id = :id"
)
_INSERT_VERSION = (
    "INSERT INTO parameter_versions VALUES (:id, :version, :value, :tier, :data_type, :key_id, :description,"
    " :allowed_pattern, :policies, :modified_at, :modified_by)"
)
_KEEP_POLICIES = "UPDATE parameter_versions SET policies = ? WHERE parameter = ? AND version = ?"
_COUNT = "UPDATE parameter_counts SET number = number + ? WHERE tier = ?"
_FOLDER = (
    "INSERT INTO parameter_folders VALUES (?, ?, 1) ON CONFLICT (path) DO UPDATE SET below = below + 1"  # a new one
)
_GIVEN = ("type", "tier", "data_type", "key_id", "description", "allowed_pattern", "policies")


@dataclass(frozen=True, slots=True)
class Put:
    """One version to be stored: `row` has a parameter's columns and the value, `basis` what the row was made from."""

    row: Mapping[str, object]
    basis: sqlite3.Row | None
    overwrite: bool
    tags: Mapping[str, str]


def find(store: Store, name: str) -> sqlite3.Row | None:
    """Give a parameter's row by its canonical name."""
    return store.read_one(_BY_NAME, (name,))


def found(conn: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Give a parameter's row by its canonical name, inside a write."""
    row: sqlite3.Row | None = conn.execute(_BY_NAME, (name,)).fetchone()
    return row


def count_of(store: Store, tier: str) -> int:
    """Give how many parameters of a tier there are."""
    row = store.read_one("SELECT number FROM parameter_counts WHERE tier = ?", (tier,))
    return int(row[0]) if row is not None else 0


def default_tier(store: Store) -> str:
    """Give the tier of parameters that are put without one, as the account's service setting has it."""
    row = store.read_one("SELECT value FROM service_settings WHERE id = ?", (_TIER_SETTING,))
    return str(row[0] or STANDARD) if row is not None else STANDARD


def put(conn: sqlite3.Connection, wanted: Put) -> int:
    """Store a version and give its number; 0, and nothing is stored, where the parameter is not what it was any more.

    Raises: ApiFault ParameterAlreadyExists, ParameterLimitExceeded, ParameterMaxVersionLimitExceeded.
    """
    row = found(conn, str(wanted.row["name"]))
    if row is not None and not wanted.overwrite:
        raise already_exists()
    if not _same(row, wanted.basis):
        return 0
    return _create(conn, wanted) if row is None else _update(conn, wanted.row, row)


def already_exists() -> ApiFault:
    """Give the refusal of a put that may not overwrite."""
    return ApiFault(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )


def delete(conn: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Delete a parameter with its versions, labels and tags, and give the row that it had; None where there is none."""
    row = found(conn, name)
    if row is None:
        return None
    conn.execute("DELETE FROM parameters WHERE id = ?", (row["id"],))  # versions and labels go with it
    conn.execute("DELETE FROM tags WHERE resource_type = ? AND resource_id = ?", (PARAMETER, name))
    conn.execute(_COUNT, (-1, row["tier"]))
    paths = [(each,) for each in _folders(name)]
    conn.executemany("UPDATE parameter_folders SET below = below - 1 WHERE path = ?", paths)
    conn.executemany("DELETE FROM parameter_folders WHERE path = ? AND below = 0", paths)
    return row


def label(conn: sqlite3.Connection, row: sqlite3.Row, version: int, labels: list[str]) -> None:
    """Give a version labels; one that another version has moves. Raises: ApiFault, see `check_version`."""
    check_version(conn, row, version)
    rows = [(row["id"], each, version) for each in labels]
    conn.executemany("INSERT OR REPLACE INTO parameter_labels VALUES (?, ?, ?)", rows)
    if len(labels_of(conn, row["id"], version)) > LABELS:
        raise ApiFault(
            "ParameterVersionLabelLimitExceeded",
            "An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion operation: "
            f"A parameter version can have maximum {LABELS} labels.Move one or more labels to another version and try "
            "again.",
        )


def unlabel(conn: sqlite3.Connection, row: sqlite3.Row, version: int, labels: list[str]) -> list[str]:
    """Take labels from a version and give those that it had. Raises: ApiFault, see `check_version`."""
    check_version(conn, row, version)
    present = labels_of(conn, row["id"], version)
    removed = [each for each in labels if each in present]
    rows = [(row["id"], each) for each in removed]
    conn.executemany("DELETE FROM parameter_labels WHERE parameter = ? AND label = ?", rows)
    return removed


def labels_of(conn: sqlite3.Connection, parameter: int, version: int) -> set[str]:
    """Give the labels of one version."""
    query = "SELECT label FROM parameter_labels WHERE parameter = ? AND version = ?"
    return {each[0] for each in conn.execute(query, (parameter, version))}


def check_version(conn: sqlite3.Connection, row: sqlite3.Row, version: int) -> None:
    """Refuse a version that is not kept. Raises: ApiFault ParameterVersionNotFound."""
    query = "SELECT 1 FROM parameter_versions WHERE parameter = ? AND version = ?"
    if not 0 < version <= row["version"] or conn.execute(query, (row["id"], version)).fetchone() is None:
        raise version_not_found("version", str(version), row["shown"])


def version_not_found(what: str, which: str, name: str) -> ApiFault:
    """Give the refusal of a version or a label that a parameter has not."""
    return ApiFault(
        "ParameterVersionNotFound",
        f"Systems Manager could not find {what} {which} of {name}. Verify the {what} and try again.",
    )


def _same(row: sqlite3.Row | None, basis: sqlite3.Row | None) -> bool:
    """Say whether a row still is what a put was made from; that its version went up does not matter."""
    if row is None or basis is None:
        return row is basis
    return bool(row["id"] == basis["id"] and all(row[each] == basis[each] for each in _GIVEN))


def _create(conn: sqlite3.Connection, wanted: Put) -> int:
    row, tier = wanted.row, str(wanted.row["tier"])
    conn.execute(_COUNT, (1, tier))
    (count,) = conn.execute("SELECT number FROM parameter_counts WHERE tier = ?", (tier,)).fetchone()
    if count > LIMITS[tier]:
        word = "standard" if tier == STANDARD else "advanced"
        raise ApiFault(
            "ParameterLimitExceeded",
            "You have exceeded the number of parameters for this AWS account: there can be "
            f"{LIMITS[tier]:,} of the {word}-parameter tier. Delete one or more parameters and try again.",
        )
    name = str(row["name"])
    number = conn.execute(_INSERT, {**row, "parent": parent_of(name)}).lastrowid
    conn.execute(_INSERT_VERSION, {**row, "id": number, "version": 1})
    conn.executemany(_FOLDER, [(each, parent_of(each)) for each in _folders(name)])
    if wanted.tags:
        insert_tags(conn, PARAMETER, name, wanted.tags)
    return 1


def _update(conn: sqlite3.Connection, given: Mapping[str, object], row: sqlite3.Row) -> int:
    version = int(row["version"]) + 1
    oldest = _oldest(conn, row) if version > VERSIONS else 1
    if version - oldest >= VERSIONS:
        if labels_of(conn, row["id"], oldest):
            raise ApiFault(
                "ParameterMaxVersionLimitExceeded",
                f"You attempted to create a new version of {row['shown']} by calling the PutParameter API with the "
                f"overwrite flag. Version {oldest}, the oldest version, can't be deleted because it has a label "
                "associated with it. Move the label to another version of the parameter, and try again.",
            )
        conn.execute("DELETE FROM parameter_versions WHERE parameter = ? AND version = ?", (row["id"], oldest))
    if row["policies"] != "[]":  # their states change between puts: history tells those that the version had in the end
        conn.execute(_KEEP_POLICIES, (row["policies"], row["id"], row["version"]))
    new = {**given, "id": row["id"], "version": version}
    conn.execute(_UPDATE_VALUE if all(given[each] == row[each] for each in _GIVEN) else _UPDATE, new)
    conn.execute(_INSERT_VERSION, new)
    if new["tier"] != row["tier"]:
        conn.execute(_COUNT, (-1, row["tier"]))
        conn.execute(_COUNT, (1, new["tier"]))
    return version


def _oldest(conn: sqlite3.Connection, row: sqlite3.Row) -> int:
    query = "SELECT min(version) FROM parameter_versions WHERE parameter = ?"
    (oldest,) = conn.execute(query, (row["id"],)).fetchone()
    return int(oldest)


def _folders(name: str) -> list[str]:
    """Give the folders above a canonical name, without the root."""
    paths = []
    path = parent_of(name)
    while path != "/":
        paths.append(path)
        path = parent_of(path)
    return paths
