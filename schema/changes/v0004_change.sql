-- The journal's rows: dense positions in commit order; position is the last of the row's range.
-- interaction.recorded holds up to 500 (interaction, facet) pairs of 2 x 16 bytes, item n at first + n - 1: ids
-- only, so that one whose facet is gone is an empty place and nothing need be rewritten.

CREATE TABLE change (
  workspace bigint NOT NULL,
  position bigint NOT NULL,
  at timestamptz NOT NULL,
  first bigint NOT NULL,
  type smallint NOT NULL,                 -- 1 interaction.recorded, profile. 2 created 3 changed 4 merged 5 split 6 erased
  profile uuid,
  version bigint,
  items bytea,
  body jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT change_pkey PRIMARY KEY (workspace, position, at),
  CONSTRAINT change_range CHECK (first > 0 AND first <= position AND position - first < 500),
  CONSTRAINT change_type_known CHECK (type BETWEEN 1 AND 6),
  CONSTRAINT change_items_recorded CHECK ((items IS NOT NULL) = (type = 1)),
  CONSTRAINT change_items_whole CHECK (octet_length(items) = 32 * (position - first + 1)),
  CONSTRAINT change_profile_named CHECK ((profile IS NULL) = (type = 1) AND (version IS NULL) = (type = 1)),
  CONSTRAINT change_one_place CHECK (type = 1 OR first = position),
  CONSTRAINT change_body_object CHECK (jsonb_typeof(body) = 'object'))
  PARTITION BY RANGE (at);
-- Random bytes do not compress: do not try.
ALTER TABLE change ALTER items SET STORAGE EXTERNAL;
SELECT place('change', 'beside');
SELECT wall('change');
CREATE TABLE change_other PARTITION OF change DEFAULT;
SELECT wall('change_other');

-- What the hub's role may do. It owns nothing and bypasses nothing. The migration's log it may only read.
GRANT SELECT ON schema_change, identifier_kind TO contatto_hub;
GRANT SELECT, INSERT, UPDATE, DELETE ON workspace, journal, workspace_secret, source, source_cursor, profile, facet,
  identifier, facet_identifier, trait, message, interaction_key, interaction, refusal, change TO contatto_hub;
-- Watched directly: rows here wait for their partition.
GRANT SELECT ON interaction_other, change_other TO contatto_hub;
