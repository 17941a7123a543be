-- Parameter Store. A name always begins with a slash here: `name` and `/name` are one parameter.

CREATE TABLE parameters (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    shown TEXT NOT NULL,           -- the name as it was given when the parameter was created
    parent TEXT NOT NULL,          -- the folder: all before the last slash, `/` for the root's
    type TEXT NOT NULL,            -- String, StringList or SecureString; never changes
    tier TEXT NOT NULL,            -- Standard or Advanced
    data_type TEXT NOT NULL,
    key_id TEXT NOT NULL,          -- a SecureString's key as it was given, else empty
    description TEXT NOT NULL,
    allowed_pattern TEXT NOT NULL,
    policies TEXT NOT NULL,        -- JSON list of PolicyText, PolicyType and PolicyStatus
    version INTEGER NOT NULL,      -- the newest; what follows is of it too
    modified_at REAL NOT NULL,
    modified_by TEXT NOT NULL      -- an ARN
);
CREATE UNIQUE INDEX parameters_name ON parameters (name);
CREATE INDEX parameters_parent ON parameters (parent, name);
CREATE INDEX parameters_type ON parameters (type, name);
CREATE INDEX parameters_tier ON parameters (tier, name);
CREATE INDEX parameters_key_id ON parameters (key_id, name) WHERE key_id <> '';
CREATE INDEX parameters_data_type ON parameters (data_type, name) WHERE data_type <> 'text';

CREATE TABLE parameter_versions (
    parameter INTEGER NOT NULL REFERENCES parameters (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,           -- text; of a SecureString a sealed blob and never anything else
    tier TEXT NOT NULL,
    data_type TEXT NOT NULL,
    key_id TEXT NOT NULL,
    description TEXT NOT NULL,
    allowed_pattern TEXT NOT NULL,
    policies TEXT NOT NULL,        -- as they were when the next version came; the newest version's are in parameters
    modified_at REAL NOT NULL,
    modified_by TEXT NOT NULL,
    PRIMARY KEY (parameter, version)
) WITHOUT ROWID;

CREATE TABLE parameter_labels (
    parameter INTEGER NOT NULL REFERENCES parameters (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (parameter, label)
) WITHOUT ROWID;

-- Kept with every put and delete: a list of 100,000 is not counted for one of them.
CREATE TABLE parameter_counts (
    tier TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO parameter_counts VALUES ('Standard', 0), ('Advanced', 0);

CREATE TABLE parameter_folders (
    path TEXT PRIMARY KEY,         -- without a slash at its end
    parent TEXT NOT NULL,
    below INTEGER NOT NULL         -- parameters in it and in its folders
) WITHOUT ROWID;
CREATE INDEX parameter_folders_parent ON parameter_folders (parent, path);

CREATE INDEX tags_of_parameters ON tags (key, resource_id) WHERE resource_type = 'Parameter';
