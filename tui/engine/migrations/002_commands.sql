-- Managed nodes, and Run Command: commands, their invocations on nodes, and the steps of those.

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,            -- this, simulated
    become TEXT NOT NULL,          -- none, sudo
    name TEXT NOT NULL,
    registered_at REAL NOT NULL,
    last_ping REAL NOT NULL,
    facts TEXT NOT NULL            -- JSON of what the node last said of itself
) WITHOUT ROWID;

CREATE TABLE commands (
    number INTEGER PRIMARY KEY,    -- in the order in which they were accepted
    command_id TEXT NOT NULL UNIQUE,
    requested_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    document_name TEXT NOT NULL,
    status TEXT NOT NULL,
    details TEXT NOT NULL,
    final INTEGER NOT NULL,        -- 1 once every invocation has its final state
    cancelled INTEGER NOT NULL,    -- 1 once the cancelling of all of it was asked for
    targets INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    delivery_timeouts INTEGER NOT NULL,
    request TEXT NOT NULL          -- JSON of what never changes, as the API shows it
);
CREATE INDEX commands_unfinished ON commands (number) WHERE final = 0;
CREATE INDEX commands_status ON commands (status, number);
CREATE INDEX commands_details ON commands (details, number);
CREATE INDEX commands_document ON commands (document_name, number);
CREATE INDEX commands_requested ON commands (requested_at, number);

CREATE TABLE invocations (
    command INTEGER NOT NULL REFERENCES commands (number) ON DELETE CASCADE,
    place INTEGER NOT NULL,        -- in the order in which they are sent
    node_id TEXT NOT NULL,
    node_name TEXT NOT NULL,
    status TEXT NOT NULL,
    details TEXT NOT NULL,
    cancelled INTEGER NOT NULL,    -- 1 once its cancelling was asked for
    effective_user TEXT NOT NULL,
    started_at REAL,
    ended_at REAL,
    PRIMARY KEY (command, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX invocations_node ON invocations (node_id, command);

CREATE TABLE steps (
    command INTEGER NOT NULL REFERENCES commands (number) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    details TEXT NOT NULL,
    response_code INTEGER NOT NULL,
    started_at REAL,
    ended_at REAL,
    folder TEXT NOT NULL,          -- below the runs folder; empty where nothing ran
    stdout TEXT NOT NULL,          -- cut at the API's limits; the whole is in the folder while it is kept
    stderr TEXT NOT NULL,
    PRIMARY KEY (command, node_id, number)
);
