-- What it takes to follow a source: whether people have paused it, and how it is. Who holds it, and since which fencing
-- number, stands in source_cursor.

ALTER TABLE source ADD COLUMN paused boolean NOT NULL DEFAULT false;

-- How a followed source is: written by whoever holds its lease, with every renewal; for people's eyes and for
-- metrics, never for a decision.
CREATE TABLE source_health (
  workspace bigint NOT NULL,
  source bigint NOT NULL,
  seen_at timestamptz,                    -- the other side answered
  stored_at timestamptz,                  -- something of it was stored
  waiting bigint,                         -- items known to be there and not here
  progress text,
  failures integer NOT NULL DEFAULT 0,    -- in a row, since it last worked
  failure text,
  failed_at timestamptz,
  needs_person boolean NOT NULL DEFAULT false,
  try_at timestamptz,                     -- when it is tried again
  CONSTRAINT source_health_pkey PRIMARY KEY (workspace, source),
  CONSTRAINT source_health_source_fkey FOREIGN KEY (workspace, source) REFERENCES source ON DELETE CASCADE,
  CONSTRAINT source_health_waiting_counts CHECK (waiting >= 0),
  CONSTRAINT source_health_failures_count CHECK (failures >= 0),
  CONSTRAINT source_health_failure_told CHECK ((failures = 0) = (failure IS NULL)
    AND (failure IS NULL) = (failed_at IS NULL)
    AND (failure IS NOT NULL OR (try_at IS NULL AND NOT needs_person)))) WITH (fillfactor = 10);
SELECT place('source_health', 'beside');
SELECT wall('source_health');

GRANT SELECT, INSERT, UPDATE, DELETE ON source_health TO contatto_hub;
