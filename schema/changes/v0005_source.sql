-- What a source needs beyond its name: which connector reads it, its secrets, what it has read; and the keys by which
-- touchpoints and services are let in over HTTP.

-- `interactions` is what POST /v1/interactions and the import of NDJSON are for; other kinds are connectors.
ALTER TABLE source ADD COLUMN kind text NOT NULL DEFAULT 'interactions',
  ADD CONSTRAINT source_kind_shape CHECK (kind ~ '^[a-z][a-z0-9_]{0,31}$');

-- A password or token of a source, sealed under secret.key: a nonce of 12 bytes, the text, a tag of 16.
CREATE TABLE source_secret (
  workspace bigint NOT NULL,
  source bigint NOT NULL,
  name text NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT source_secret_pkey PRIMARY KEY (workspace, source, name),
  CONSTRAINT source_secret_source_fkey FOREIGN KEY (workspace, source) REFERENCES source ON DELETE CASCADE,
  CONSTRAINT source_secret_name_shape CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$'),
  CONSTRAINT source_secret_sealed CHECK (octet_length(sealed) >= 28));
SELECT place('source_secret', 'beside');
SELECT wall('source_secret');

-- What an import has stored, so that it need not read it again: a keyed hash of the bytes as they came and of the
-- version of their reader. Written after the interactions are durable and never believed for more than "skip this":
-- with the table emptied the next import is slower and stores the same.
CREATE TABLE source_seen (
  workspace bigint NOT NULL,
  source bigint NOT NULL,
  seen uuid NOT NULL,
  CONSTRAINT source_seen_pkey PRIMARY KEY (workspace, source, seen),
  CONSTRAINT source_seen_source_fkey FOREIGN KEY (workspace, source) REFERENCES source ON DELETE CASCADE);
SELECT place('source_seen', 'beside');
SELECT wall('source_seen');

-- `contatto_<workspace>_<key>_<32 base62>_<check>`: only its SHA-256 is kept. A connector's key and a public
-- one speak for their source and no other.
CREATE TABLE api_key (
  workspace bigint NOT NULL,
  key bigint NOT NULL,
  role text NOT NULL,
  source bigint,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  used_at timestamptz,                    -- to the hour: a key in use is not written at every request
  CONSTRAINT api_key_pkey PRIMARY KEY (workspace, key),
  CONSTRAINT api_key_workspace_fkey FOREIGN KEY (workspace) REFERENCES workspace,
  CONSTRAINT api_key_source_fkey FOREIGN KEY (workspace, source) REFERENCES source,
  CONSTRAINT api_key_positive CHECK (key > 0),
  CONSTRAINT api_key_role_known CHECK (role IN ('public', 'connector', 'reader', 'subscriber', 'agent', 'supervisor',
    'admin')),
  CONSTRAINT api_key_source_of_role CHECK ((source IS NOT NULL) = (role IN ('connector', 'public'))),
  CONSTRAINT api_key_hash_whole CHECK (octet_length(hash) = 32));
SELECT place('api_key', 'beside');
SELECT wall('api_key');

GRANT SELECT, INSERT, UPDATE, DELETE ON source_secret, source_seen, api_key TO contatto_hub;
