-- What a touchpoint may be told of somebody, and the pages a public key may stand in.

-- Lines of a workspace's own; they go before those that come with the hub.
CREATE TABLE disclosure (
  workspace bigint NOT NULL,
  kind text NOT NULL,                     -- of the identifier; empty: any
  assurance smallint NOT NULL,            -- 1 claimed, 2 presented, 3 verified; 0: any
  touchpoint text NOT NULL,               -- empty: any
  level smallint NOT NULL,                -- 0 nothing, 1 welcome back, 2 name and tone, 3 open matters, 4 all
  consent boolean NOT NULL,               -- only where the customer agrees to it
  who text NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT disclosure_pkey PRIMARY KEY (workspace, kind, assurance, touchpoint),
  CONSTRAINT disclosure_kind_shape CHECK (kind ~ '^[a-z_]{0,32}$'),
  CONSTRAINT disclosure_touchpoint_shape CHECK (touchpoint ~ '^[a-z]{0,32}$'),
  CONSTRAINT disclosure_assurance_known CHECK (assurance BETWEEN 0 AND 3),
  CONSTRAINT disclosure_level_known CHECK (level BETWEEN 0 AND 4),
  CONSTRAINT disclosure_somebodys CHECK (who <> ''));
SELECT place('disclosure', 'beside');
SELECT wall('disclosure');
GRANT SELECT, INSERT, DELETE ON disclosure TO contatto_hub;

-- scheme://host[:port], as a browser writes it in the field Origin; empty: in no page at all.
ALTER TABLE api_key ADD COLUMN origins text[] NOT NULL DEFAULT '{}';
