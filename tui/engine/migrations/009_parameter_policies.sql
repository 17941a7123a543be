-- Parameters with policies are few, and all of them are read when the engine starts.

CREATE INDEX parameters_with_policies ON parameters (name) WHERE policies <> '[]';

CREATE TRIGGER resource_policies_of_deleted_parameters AFTER DELETE ON parameters BEGIN
    DELETE FROM resource_policies WHERE resource = 'parameter' || old.name;
END;
