-- What failed, of all nodes and of one, without reading every invocation that went well.

CREATE INDEX invocations_status ON invocations (status, command, place);
CREATE INDEX invocations_node_status ON invocations (node_id, status, command);
