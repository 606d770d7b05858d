-- Soft evidence: what of a facet may be compared with others, the keys under which it is found, and what came of it.

-- The first 64 bits of the hash of what a facet says of its customer: many facets may say the same.
ALTER TABLE facet ADD soft bigint;
CREATE INDEX facet_soft ON facet (workspace, soft) WHERE soft IS NOT NULL;

-- Each once, whoever states it; none is left that no facet states. No foreign keys here: an erasure, which holds the journal
-- row, and an intake that waits for it would wait for each other.
CREATE TABLE soft_record (
  workspace bigint NOT NULL,
  record bigint NOT NULL,
  content bytea NOT NULL,                 -- its canonical bytes
  CONSTRAINT soft_record_pkey PRIMARY KEY (workspace, record),
  CONSTRAINT soft_record_not_empty CHECK (content <> ''));
SELECT place('soft_record', 'beside');
SELECT wall('soft_record');

-- The blocking keys of each record; refined ones only of keys that are wide.
CREATE TABLE soft_key (
  workspace bigint NOT NULL,
  key bigint NOT NULL,
  record bigint NOT NULL,
  CONSTRAINT soft_key_pkey PRIMARY KEY (workspace, key, record));
SELECT place('soft_key', 'beside');
SELECT wall('soft_key');

-- Keys that so many records have that they say nothing.
CREATE TABLE soft_wide (
  workspace bigint NOT NULL,
  key bigint NOT NULL,
  CONSTRAINT soft_wide_pkey PRIMARY KEY (workspace, key));
SELECT place('soft_wide', 'beside');
SELECT wall('soft_wide');

-- Two records that are alike, from each of them.
CREATE TABLE soft_edge (
  workspace bigint NOT NULL,
  record bigint NOT NULL,
  other bigint NOT NULL,
  weight integer NOT NULL,                -- 1,024ths of a bit
  verdict smallint NOT NULL,              -- 1 a person is asked, 2 they join
  CONSTRAINT soft_edge_pkey PRIMARY KEY (workspace, record, other),
  CONSTRAINT soft_edge_of_two CHECK (record <> other),
  CONSTRAINT soft_edge_verdict_known CHECK (verdict IN (1, 2)));
SELECT place('soft_edge', 'beside');
SELECT wall('soft_edge');
CREATE INDEX soft_edge_alike ON soft_edge (workspace, verdict, weight DESC, record, other) WHERE record < other;

-- The models in their versions, frozen. From one to the next all facets and records are looked at once more, in steps.
CREATE TABLE soft_model (
  workspace bigint NOT NULL,
  version integer NOT NULL,
  parameters bytea,                       -- JSON; none: those that come with the program
  records integer NOT NULL,               -- from how many it was learnt
  who text NOT NULL,
  made_at timestamptz NOT NULL,
  stage smallint NOT NULL DEFAULT 1,      -- 1 facets get their records, 2 records are compared
  facet uuid,                             -- the last that was looked at
  record bigint,
  applied_at timestamptz,                 -- all were
  CONSTRAINT soft_model_pkey PRIMARY KEY (workspace, version),
  CONSTRAINT soft_model_counts CHECK (version > 0 AND records >= 0),
  CONSTRAINT soft_model_stage_known CHECK (stage IN (1, 2)));
SELECT place('soft_model', 'beside');
SELECT wall('soft_model');

-- Read with the journal row: which model is in force (0: what is stored was never compared), and whether anybody has ever
-- decided anything.
ALTER TABLE journal ADD model integer NOT NULL DEFAULT 0;
ALTER TABLE journal ADD decided boolean NOT NULL DEFAULT false;
ALTER TABLE journal ADD CONSTRAINT journal_model_counts CHECK (model >= 0);
UPDATE journal SET decided = true WHERE EXISTS (SELECT FROM decision WHERE decision.workspace = journal.workspace);

GRANT SELECT, INSERT, UPDATE, DELETE ON soft_record, soft_key, soft_wide, soft_edge, soft_model TO contatto_hub;
