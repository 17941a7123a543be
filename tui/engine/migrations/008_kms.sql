-- Keys that encrypt: the engine's own KMS, whose material the state folder's master key wraps.

CREATE TABLE master_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place TEXT NOT NULL,           -- file or keyring
    entry TEXT NOT NULL,           -- its name in the keyring; empty for the file
    fingerprint TEXT NOT NULL      -- tells the right key from any other, and nothing of the key
);

CREATE TABLE kms_keys (
    id TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    manager TEXT NOT NULL,         -- AWS or CUSTOMER
    enabled INTEGER NOT NULL,
    created_at REAL NOT NULL,
    material INTEGER NOT NULL,     -- the version that encrypts; older ones still decrypt
    rotation_days INTEGER,         -- null where the key is not rotated
    rotates_at REAL
) WITHOUT ROWID;

CREATE INDEX kms_keys_by_rotation ON kms_keys (rotates_at) WHERE rotates_at IS NOT NULL;

CREATE TABLE kms_materials (
    key_id TEXT NOT NULL REFERENCES kms_keys,
    version INTEGER NOT NULL,      -- from 1
    wrapped BLOB NOT NULL,
    made_at REAL NOT NULL,
    PRIMARY KEY (key_id, version)
) WITHOUT ROWID;

CREATE TABLE kms_aliases (
    name TEXT PRIMARY KEY,         -- with its alias/
    key_id TEXT NOT NULL REFERENCES kms_keys,
    created_at REAL NOT NULL,
    changed_at REAL NOT NULL
) WITHOUT ROWID;
