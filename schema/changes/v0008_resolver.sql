-- The resolver's own: which values are shared, what people decided, and the rules.

-- 4: presented under a public key, so that anybody may have been speaking.
ALTER TABLE facet_identifier DROP CONSTRAINT facet_identifier_assurance_known;
ALTER TABLE facet_identifier ADD CONSTRAINT facet_identifier_assurance_known CHECK (assurance BETWEEN 1 AND 4);

-- True where evidence that would join it to another profile was refused: then more than its own facets is looked at.
ALTER TABLE profile ADD contested boolean NOT NULL DEFAULT false;
CREATE INDEX profile_contested ON profile (workspace, facets DESC, profile) WHERE contested;

-- Half-years since year 0 over which a value is shared, at a level (1 public, 2 presented, 3 verified) and those below it; 0
-- to 0 for a kind that keeps its holder. What lies in a run joins nobody, so it need not be looked at again.
CREATE TABLE shared_run (
  workspace bigint NOT NULL,
  identifier uuid NOT NULL,
  level smallint NOT NULL,
  first smallint NOT NULL,
  last smallint NOT NULL,
  CONSTRAINT shared_run_pkey PRIMARY KEY (workspace, identifier, level, first),
  CONSTRAINT shared_run_identifier_fkey FOREIGN KEY (workspace, identifier) REFERENCES identifier ON DELETE CASCADE,
  CONSTRAINT shared_run_level_known CHECK (level BETWEEN 1 AND 3),
  CONSTRAINT shared_run_ordered CHECK (first <= last));
SELECT place('shared_run', 'beside');
SELECT wall('shared_run');

-- What a person said about who is who. Nothing is overwritten: to take one back is to revoke it.
CREATE TABLE decision (
  workspace bigint NOT NULL,
  decision uuid NOT NULL,
  kind smallint NOT NULL,                 -- 1 same, 2 not the same, 3 the value is shared
  identifier uuid,
  who text NOT NULL,
  why text NOT NULL,
  made_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by text,
  CONSTRAINT decision_pkey PRIMARY KEY (workspace, decision),
  CONSTRAINT decision_identifier_fkey FOREIGN KEY (workspace, identifier) REFERENCES identifier ON DELETE CASCADE,
  CONSTRAINT decision_kind_known CHECK (kind BETWEEN 1 AND 3),
  CONSTRAINT decision_of_value CHECK ((kind = 3) = (identifier IS NOT NULL)),
  CONSTRAINT decision_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)));
SELECT place('decision', 'beside');
SELECT wall('decision');
CREATE INDEX decision_made ON decision (workspace, made_at, decision);
CREATE INDEX decision_identifier ON decision (workspace, identifier) WHERE identifier IS NOT NULL;

-- The facets it is about: of one that is erased nothing is left to decide.
CREATE TABLE decision_facet (
  workspace bigint NOT NULL,
  facet uuid NOT NULL,
  decision uuid NOT NULL,
  side smallint NOT NULL,                 -- 1 or 2
  CONSTRAINT decision_facet_pkey PRIMARY KEY (workspace, facet, decision, side),
  CONSTRAINT decision_facet_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE,
  CONSTRAINT decision_facet_decision_fkey FOREIGN KEY (workspace, decision) REFERENCES decision ON DELETE CASCADE,
  CONSTRAINT decision_facet_side_known CHECK (side IN (1, 2)));
SELECT place('decision_facet', 'beside');
SELECT wall('decision_facet');
CREATE INDEX decision_facet_decision ON decision_facet (workspace, decision);

-- The rules in their versions; a workspace that has none works by the standard ones. From one version to the next all
-- profiles are looked at once more, in steps.
CREATE TABLE rule_set (
  workspace bigint NOT NULL,
  version integer NOT NULL,
  rules jsonb NOT NULL,
  who text NOT NULL,
  why text NOT NULL,
  made_at timestamptz NOT NULL,
  stage smallint NOT NULL DEFAULT 1,      -- 1 which values are shared is found anew, 2 profiles are
  reached uuid,                           -- the last that was looked at
  applied_at timestamptz,                 -- all were
  CONSTRAINT rule_set_pkey PRIMARY KEY (workspace, version),
  CONSTRAINT rule_set_counts CHECK (version > 0),
  CONSTRAINT rule_set_stage_known CHECK (stage IN (1, 2)),
  CONSTRAINT rule_set_object CHECK (jsonb_typeof(rules) = 'object'));
SELECT place('rule_set', 'beside');
SELECT wall('rule_set');

-- Read with the journal row, so that no transaction works by rules that others have left.
ALTER TABLE journal ADD rules integer NOT NULL DEFAULT 0;
ALTER TABLE journal ADD CONSTRAINT journal_rules_count CHECK (rules >= 0);

GRANT SELECT, INSERT, UPDATE, DELETE ON shared_run, decision, decision_facet, rule_set TO contatto_hub;
