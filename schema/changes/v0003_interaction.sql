-- What happened. No foreign keys on what is written for every interaction (they halved the intake); a nightly
-- check looks for orphans.

CREATE TABLE message (
  workspace bigint NOT NULL,
  message uuid NOT NULL,
  source bigint NOT NULL,
  subject text,
  body text NOT NULL,
  original bytea,
  CONSTRAINT message_pkey PRIMARY KEY (workspace, message),
  CONSTRAINT message_source_fkey FOREIGN KEY (workspace, source) REFERENCES source);
SELECT place('message', 'beside');
SELECT wall('message');

-- Counts each interaction once, also when a replay states another time. Never deleted: an erased interaction
-- keeps its row with facet = NULL, the tombstone that neither replay nor restore gets past.
CREATE TABLE interaction_key (
  workspace bigint NOT NULL,
  interaction uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  facet uuid,
  CONSTRAINT interaction_key_pkey PRIMARY KEY (workspace, interaction));
SELECT place('interaction_key', 'beside');
SELECT wall('interaction_key');

-- Its only key is the timeline of a facet. Partitioned by month; history by years; one for all before; and a
-- default for months that have no partition yet: watched, emptied when their partition is made, never the plan.
CREATE TABLE interaction (
  workspace bigint NOT NULL,
  facet uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  interaction uuid NOT NULL,
  source bigint NOT NULL,
  channel text NOT NULL,
  direction smallint NOT NULL,
  message uuid,
  thread uuid,
  amount bigint,
  currency text,
  body jsonb NOT NULL,
  CONSTRAINT interaction_direction_known CHECK (direction IN (0, 1)),
  CONSTRAINT interaction_money_whole CHECK ((amount IS NULL) = (currency IS NULL)),
  CONSTRAINT interaction_pkey PRIMARY KEY (workspace, facet, occurred_at, interaction))
  PARTITION BY RANGE (occurred_at);
SELECT place('interaction', 'beside');
SELECT wall('interaction');
CREATE TABLE interaction_before PARTITION OF interaction FOR VALUES FROM (MINVALUE) TO ('2015-01-01 00:00:00Z');
SELECT wall('interaction_before');
CREATE TABLE interaction_other PARTITION OF interaction DEFAULT;
SELECT wall('interaction_other');

-- What was not stored, with its reason and its input, whole up to 25 MB.
CREATE TABLE refusal (
  workspace bigint NOT NULL,
  refusal uuid NOT NULL,
  source text NOT NULL,                   -- as named; it may not exist
  reason text NOT NULL,
  detail text NOT NULL,
  raw bytea NOT NULL,
  length bigint NOT NULL,
  sha256 bytea NOT NULL,
  refused_at timestamptz NOT NULL,
  CONSTRAINT refusal_pkey PRIMARY KEY (workspace, refusal),
  CONSTRAINT refusal_reason_known CHECK (reason IN ('malformed_json', 'unknown_field', 'too_large', 'too_deep',
    'not_utf8', 'no_identifier', 'identifier_invalid', 'identifier_blocked', 'time_impossible',
    'unparsable_message', 'source_unknown', 'assurance_too_high', 'expired')),
  CONSTRAINT refusal_raw_begins CHECK (octet_length(raw) <= length),
  CONSTRAINT refusal_sha256_whole CHECK (octet_length(sha256) = 32));
SELECT place('refusal', 'beside');
SELECT wall('refusal');
CREATE INDEX refusal_reason ON refusal (workspace, reason, refused_at);
