-- Where the nodes are that are reached over SSH; what else is known of them is in the table of nodes.

CREATE TABLE ssh_nodes (
    node_id TEXT PRIMARY KEY,
    address TEXT NOT NULL,         -- ssh://user@host:port, as far as the operator gave it
    config_file TEXT NOT NULL      -- OpenSSH's client configuration that it is resolved by; empty for the usual ones
) WITHOUT ROWID;
