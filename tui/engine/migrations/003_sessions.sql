-- Sessions: one row each, kept for 30 days after the end; the shells' raw logs are files.

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    document TEXT NOT NULL,
    command TEXT NOT NULL DEFAULT '',      -- of AWS-StartInteractiveCommand; empty for a login shell
    owner TEXT NOT NULL,                   -- the ARN of who started it
    reason TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,                  -- AWS's SessionStatus
    started REAL NOT NULL,
    ended REAL,
    token_digest TEXT NOT NULL DEFAULT '', -- sha256 of the last TokenValue
    effective_user TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    rows INTEGER NOT NULL DEFAULT 24,
    columns INTEGER NOT NULL DEFAULT 80,
    title TEXT NOT NULL DEFAULT '',
    exit_status INTEGER,
    signal INTEGER,
    details TEXT NOT NULL DEFAULT ''       -- how it ended, as a sentence
);
CREATE INDEX sessions_started ON sessions (started DESC, id);
CREATE INDEX sessions_status ON sessions (status);
