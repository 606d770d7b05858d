-- Workspaces, their secrets and sources. Every table begins with the workspace: it is the wall nobody reads
-- across, and the distribution key where PostgreSQL is spread over machines (Citus).

-- Where Citus is installed, a table is distributed directly after its CREATE, before anything references it, and
-- one shard at a time within the transaction; elsewhere this does nothing.
CREATE FUNCTION place(relation regclass, how text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN RETURN; END IF;
  PERFORM set_config('citus.multi_shard_modify_mode', 'sequential', true);
  IF how = 'reference' THEN
    PERFORM create_reference_table(relation);
  ELSIF how = 'first' THEN
    PERFORM create_distributed_table(relation, 'workspace', colocate_with => 'none');
  ELSE
    PERFORM create_distributed_table(relation, 'workspace',
      colocate_with => quote_ident(current_schema()) || '.journal');
  END IF;
END $$;

-- The wall: FORCEd row-level security by a setting that a transaction gives with SET LOCAL. Without the setting
-- nothing is seen and nothing can be written.
CREATE FUNCTION wall(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation);
  EXECUTE format('CREATE POLICY wall ON %s USING '
    '(workspace = nullif(current_setting(''contatto.workspace'', true), '''')::bigint)', relation);
END $$;

-- The list of workspaces: a reference table. A hub may read it whole (names and settings, no customer's data),
-- and write the row of the workspace it works in.
CREATE TABLE workspace (
  workspace bigint NOT NULL,
  name text NOT NULL,
  region text NOT NULL DEFAULT 'IT',
  zone text NOT NULL DEFAULT 'Europe/Rome',
  language text NOT NULL DEFAULT 'it',
  retention_months integer,
  created_at timestamptz NOT NULL,
  CONSTRAINT workspace_pkey PRIMARY KEY (workspace),
  CONSTRAINT workspace_name_key UNIQUE (name),
  CONSTRAINT workspace_positive CHECK (workspace > 0),
  CONSTRAINT workspace_name_shape CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  CONSTRAINT workspace_region_shape CHECK (region ~ '^[A-Z]{2}$'),
  CONSTRAINT workspace_language_shape CHECK (language ~ '^[a-z]{2}$'),
  CONSTRAINT workspace_retention_positive CHECK (retention_months BETWEEN 1 AND 1200));
SELECT place('workspace', 'reference');
SELECT wall('workspace');
CREATE POLICY list ON workspace FOR SELECT USING (true);

-- The kinds of identifiers, as the code knows them (a test compares the two).
CREATE TABLE identifier_kind (
  kind smallint NOT NULL,
  name text NOT NULL,
  CONSTRAINT identifier_kind_pkey PRIMARY KEY (kind),
  CONSTRAINT identifier_kind_name_key UNIQUE (name));
SELECT place('identifier_kind', 'reference');
INSERT INTO identifier_kind (kind, name) VALUES
  (1, 'email'), (2, 'phone'), (3, 'landline'), (4, 'customer_number'), (5, 'user_id'), (6, 'forum_account'),
  (7, 'ticket_requester'), (8, 'chat_account'), (9, 'cookie'), (10, 'device'), (11, 'card'),
  (12, 'codice_fiscale'), (13, 'partita_iva'), (14, 'domain'), (15, 'switchboard');

-- The journal's head: the row every batch takes last. No foreign key references it, so that nobody waits for it
-- but those who need a position. Mostly free space: its updates stay on the page.
CREATE TABLE journal (
  workspace bigint NOT NULL,
  epoch uuid NOT NULL,
  position bigint NOT NULL DEFAULT 0,
  erasures bigint NOT NULL DEFAULT 0,
  CONSTRAINT journal_pkey PRIMARY KEY (workspace),
  CONSTRAINT journal_position_counts CHECK (position >= 0),
  CONSTRAINT journal_erasures_count CHECK (erasures >= 0)) WITH (fillfactor = 10);
SELECT place('journal', 'first');
SELECT wall('journal');

-- The key of the content ids, and later secrets. Not in a reference table: those are copied to every node.
CREATE TABLE workspace_secret (
  workspace bigint NOT NULL,
  name text NOT NULL,
  value bytea NOT NULL,
  CONSTRAINT workspace_secret_pkey PRIMARY KEY (workspace, name),
  CONSTRAINT workspace_secret_workspace_fkey FOREIGN KEY (workspace) REFERENCES workspace,
  CONSTRAINT workspace_secret_long_enough CHECK (octet_length(value) >= 32));
SELECT place('workspace_secret', 'beside');
SELECT wall('workspace_secret');

CREATE TABLE source (
  workspace bigint NOT NULL,
  source bigint NOT NULL,
  name text NOT NULL,
  channel text NOT NULL,
  precedence smallint NOT NULL DEFAULT 0,
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  CONSTRAINT source_pkey PRIMARY KEY (workspace, source),
  CONSTRAINT source_name_key UNIQUE (workspace, name),
  CONSTRAINT source_workspace_fkey FOREIGN KEY (workspace) REFERENCES workspace,
  CONSTRAINT source_positive CHECK (source > 0),
  CONSTRAINT source_name_shape CHECK (name ~ '^[^[:cntrl:]]{1,64}$'),
  CONSTRAINT source_channel_shape CHECK (channel ~ '^[a-z][a-z0-9_]{0,31}$'),
  CONSTRAINT source_settings_object CHECK (jsonb_typeof(settings) = 'object'));
SELECT place('source', 'beside');
SELECT wall('source');

-- Cursor and lease apart from the source: nothing references this row, so writing it meets no FOR KEY SHARE.
CREATE TABLE source_cursor (
  workspace bigint NOT NULL,
  source bigint NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  cursor text NOT NULL DEFAULT '',
  holder text,
  until timestamptz,
  CONSTRAINT source_cursor_pkey PRIMARY KEY (workspace, source),
  CONSTRAINT source_cursor_source_fkey FOREIGN KEY (workspace, source) REFERENCES source ON DELETE CASCADE,
  CONSTRAINT source_cursor_fence_counts CHECK (fence >= 0),
  CONSTRAINT source_cursor_held_until CHECK ((holder IS NULL) = (until IS NULL))) WITH (fillfactor = 10);
SELECT place('source_cursor', 'beside');
SELECT wall('source_cursor');
