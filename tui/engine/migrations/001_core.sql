-- What every domain stands on: facts about the store itself, the audit, and tags.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    caller TEXT NOT NULL,
    service TEXT NOT NULL,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,   -- Succeeded, Denied, Revealed, or the error's code
    detail TEXT NOT NULL     -- the request as JSON, sensitive members hidden, cut at 2,000 characters
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE tags (
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource_type, resource_id, key)
) WITHOUT ROWID;
CREATE INDEX tags_key_value ON tags (key, value);
