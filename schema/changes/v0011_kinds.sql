-- Kinds of identifiers that a workspace declares for itself in its rules: one kind here, whose scope is the name it has there.
INSERT INTO identifier_kind (kind, name) VALUES (16, 'custom');

-- 2: an organisation, of which a facet shows its tax number and nothing of a person.
ALTER TABLE profile DROP CONSTRAINT profile_kind_known;
ALTER TABLE profile ADD CONSTRAINT profile_kind_known CHECK (kind IN (0, 1, 2));
