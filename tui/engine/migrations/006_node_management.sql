-- Node management: hybrid activations, roles of nodes, service settings, resource policies, resource groups.

CREATE TABLE activations (
    id TEXT PRIMARY KEY,
    code_digest TEXT NOT NULL,     -- sha256 of the code, which is shown once and never stored
    description TEXT NOT NULL,
    default_name TEXT NOT NULL,
    iam_role TEXT NOT NULL,
    registration_limit INTEGER NOT NULL,
    registrations INTEGER NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    tags TEXT NOT NULL             -- JSON TagList; copied to each node that registers
) WITHOUT ROWID;

CREATE TABLE node_roles (
    node_id TEXT PRIMARY KEY,
    iam_role TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE service_settings (
    id TEXT PRIMARY KEY,
    value TEXT NOT NULL,           -- empty once it was reset
    changed_at REAL NOT NULL,
    changed_by TEXT NOT NULL       -- an ARN, or System
) WITHOUT ROWID;

CREATE TABLE resource_policies (
    resource TEXT NOT NULL,        -- what follows the account in the ARN, like opsitemgroup/default
    id TEXT NOT NULL,
    policy TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (resource, id)
) WITHOUT ROWID;

CREATE TABLE resource_groups (
    name TEXT PRIMARY KEY,
    created_at REAL NOT NULL,
    description TEXT,
    criticality INTEGER,
    owner TEXT,
    display_name TEXT,
    query_type TEXT,               -- a group has a query or a configuration
    query TEXT,
    configuration TEXT             -- JSON list of GroupConfigurationItem
) WITHOUT ROWID;
