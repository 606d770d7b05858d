-- Who looked at whom, and who changed what: rows are added and never changed, and leave by the month. They hold ids only, no
-- value of an identifier and nothing that was searched for, so that an erasure leaves them: they prove who had looked.
CREATE TABLE audit (
  workspace bigint NOT NULL,
  at timestamptz NOT NULL,
  entry uuid NOT NULL,
  who text NOT NULL,                      -- a key, a person or a login: as decisions name whose word they are
  role text NOT NULL,
  action text NOT NULL,                   -- of the table of routes, or of a command
  asked uuid,                             -- the id in the path, whether or not there is such a thing
  object text,                            -- what has a name and no id: a subscription, a key
  answered integer NOT NULL,              -- how many profiles the answer was about
  status smallint NOT NULL,               -- as HTTP has it
  request uuid,                           -- the asker's own id of the request, where it gave one
  CONSTRAINT audit_pkey PRIMARY KEY (workspace, at, entry),
  CONSTRAINT audit_who_short CHECK (char_length(who) BETWEEN 1 AND 200),
  CONSTRAINT audit_role_known CHECK (role IN ('public', 'connector', 'reader', 'subscriber', 'agent', 'supervisor',
    'admin', 'login')),
  CONSTRAINT audit_action_shape CHECK (action ~ '^[a-zA-Z]{1,40}$'),
  CONSTRAINT audit_object_short CHECK (char_length(object) BETWEEN 1 AND 64),
  CONSTRAINT audit_answered_counts CHECK (answered >= 0),
  CONSTRAINT audit_status_shape CHECK (status BETWEEN 100 AND 599))
  PARTITION BY RANGE (at);
SELECT place('audit', 'beside');
SELECT wall('audit');
CREATE INDEX audit_who ON audit (workspace, who, at DESC, entry DESC);
CREATE TABLE audit_other PARTITION OF audit DEFAULT;
SELECT wall('audit_other');

-- The profiles of a row: those asked for and those answered. Written with it, and dropped with its month: no foreign key.
CREATE TABLE audit_profile (
  workspace bigint NOT NULL,
  at timestamptz NOT NULL,
  entry uuid NOT NULL,
  profile uuid NOT NULL,
  CONSTRAINT audit_profile_pkey PRIMARY KEY (workspace, at, entry, profile))
  PARTITION BY RANGE (at);
SELECT place('audit_profile', 'beside');
SELECT wall('audit_profile');
CREATE INDEX audit_profile_profile ON audit_profile (workspace, profile, at DESC, entry DESC);
CREATE TABLE audit_profile_other PARTITION OF audit_profile DEFAULT;
SELECT wall('audit_profile_other');

-- Nothing but these: what was written down cannot be unwritten by whoever runs the hub's SQL.
GRANT SELECT, INSERT ON audit, audit_profile TO contatto_hub;
GRANT SELECT ON audit_other, audit_profile_other TO contatto_hub;
