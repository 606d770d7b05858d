-- What trackers report and is no customer's: visits of machines, and of people who have not agreed to be recognised.
CREATE TABLE hit (
  workspace bigint NOT NULL,
  hit uuid NOT NULL,                      -- of its source and its id there: what comes twice counts once
  source bigint NOT NULL,
  kind smallint NOT NULL,                 -- 1 bot, 2 crawler of an AI, 3 fetcher of an AI, 4 a person who is not recognised
  agent text,                             -- the name of the machine
  occurred_at timestamptz NOT NULL,
  body jsonb NOT NULL,                    -- the page, what led there; nothing that points to a person
  CONSTRAINT hit_pkey PRIMARY KEY (workspace, hit),
  CONSTRAINT hit_source_fkey FOREIGN KEY (workspace, source) REFERENCES source,
  CONSTRAINT hit_kind_known CHECK (kind BETWEEN 1 AND 4),
  CONSTRAINT hit_agent_of_machine CHECK (kind < 4 OR agent IS NULL),
  CONSTRAINT hit_body_object CHECK (jsonb_typeof(body) = 'object'));
SELECT place('hit', 'beside');
SELECT wall('hit');
-- Counted by day, and forgotten when they are old.
CREATE INDEX hit_time ON hit (workspace, occurred_at);

GRANT SELECT, INSERT ON hit TO contatto_hub;
