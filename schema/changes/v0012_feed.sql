-- The change feed: what people decided is told too, how far back the journal reaches, and who is told of changes.

-- 7 decision.made, 8 decision.revoked: of a profile only where there is one, and of no version.
ALTER TABLE change DROP CONSTRAINT change_type_known;
ALTER TABLE change ADD CONSTRAINT change_type_known CHECK (type BETWEEN 1 AND 8);
ALTER TABLE change DROP CONSTRAINT change_profile_named;
ALTER TABLE change ADD CONSTRAINT change_profile_named CHECK (CASE WHEN type = 1 THEN profile IS NULL AND version IS NULL
  WHEN type <= 6 THEN profile IS NOT NULL AND version IS NOT NULL ELSE version IS NULL END);

-- Changes up to this position are no longer kept.
ALTER TABLE journal ADD gone bigint NOT NULL DEFAULT 0;
ALTER TABLE journal ADD CONSTRAINT journal_gone_passed CHECK (gone BETWEEN 0 AND position);

-- Somebody who is told of changes by the hub itself: a webhook, or a topic of Kafka.
CREATE TABLE subscription (
  workspace bigint NOT NULL,
  subscription bigint NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  paused boolean NOT NULL DEFAULT false,
  disabled text,                          -- why the hub itself has stopped telling: people resume it
  created_at timestamptz NOT NULL,
  CONSTRAINT subscription_pkey PRIMARY KEY (workspace, subscription),
  CONSTRAINT subscription_name_key UNIQUE (workspace, name),
  CONSTRAINT subscription_workspace_fkey FOREIGN KEY (workspace) REFERENCES workspace,
  CONSTRAINT subscription_positive CHECK (subscription > 0),
  CONSTRAINT subscription_name_shape CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  CONSTRAINT subscription_kind_known CHECK (kind IN ('webhook', 'kafka')),
  CONSTRAINT subscription_settings_object CHECK (jsonb_typeof(settings) = 'object'));
SELECT place('subscription', 'beside');
SELECT wall('subscription');

-- Sealed under secret.key, as a source's: what signs (`secret`, and while it is rotated `previous`), passwords of Kafka.
CREATE TABLE subscription_secret (
  workspace bigint NOT NULL,
  subscription bigint NOT NULL,
  name text NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT subscription_secret_pkey PRIMARY KEY (workspace, subscription, name),
  CONSTRAINT subscription_secret_subscription_fkey FOREIGN KEY (workspace, subscription) REFERENCES subscription
    ON DELETE CASCADE,
  CONSTRAINT subscription_secret_name_shape CHECK (name ~ '^[a-z][a-z0-9_.]{0,62}$'),
  CONSTRAINT subscription_secret_sealed CHECK (octet_length(sealed) >= 28));
SELECT place('subscription_secret', 'beside');
SELECT wall('subscription_secret');

-- How far it was told, and by whom: one worker at a time, under a number that only grows. Up to the position everything
-- was delivered, or waits in delivery.
CREATE TABLE subscription_cursor (
  workspace bigint NOT NULL,
  subscription bigint NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  epoch uuid NOT NULL,
  position bigint NOT NULL,
  replays integer NOT NULL DEFAULT 0,     -- how often people had it told once more
  holder text,
  until timestamptz,
  delivered bigint NOT NULL DEFAULT 0,    -- how many, ever
  delivered_at timestamptz,
  failures integer NOT NULL DEFAULT 0,    -- in a row, over all that was tried
  failure text,
  failed_at timestamptz,
  try_at timestamptz,                     -- the circuit is open till then
  CONSTRAINT subscription_cursor_pkey PRIMARY KEY (workspace, subscription),
  CONSTRAINT subscription_cursor_subscription_fkey FOREIGN KEY (workspace, subscription) REFERENCES subscription
    ON DELETE CASCADE,
  CONSTRAINT subscription_cursor_fence_counts CHECK (fence >= 0),
  CONSTRAINT subscription_cursor_position_counts CHECK (position >= 0),
  CONSTRAINT subscription_cursor_counts CHECK (delivered >= 0 AND failures >= 0 AND replays >= 0),
  CONSTRAINT subscription_cursor_held_until CHECK ((holder IS NULL) = (until IS NULL))) WITH (fillfactor = 10);
SELECT place('subscription_cursor', 'beside');
SELECT wall('subscription_cursor');

-- What could not be delivered when its turn came, and what must wait for it: later changes of the same profiles. A dead one
-- is tried no more, until people have it tried again; it holds up nobody.
CREATE TABLE delivery (
  workspace bigint NOT NULL,
  subscription bigint NOT NULL,
  position bigint NOT NULL,
  at timestamptz NOT NULL,                -- of the change: its partition
  type smallint NOT NULL,
  profile uuid,                           -- as it was told, or would have been, the first time
  keys uuid[] NOT NULL,                   -- the profiles that it must not overtake, nor be overtaken by
  attempts integer NOT NULL DEFAULT 0,
  try_at timestamptz,
  failure text,
  failed_at timestamptz,
  dead_at timestamptz,
  CONSTRAINT delivery_pkey PRIMARY KEY (workspace, subscription, position),
  CONSTRAINT delivery_subscription_fkey FOREIGN KEY (workspace, subscription) REFERENCES subscription ON DELETE CASCADE,
  CONSTRAINT delivery_position_counts CHECK (position > 0),
  CONSTRAINT delivery_type_known CHECK (type BETWEEN 1 AND 8),
  CONSTRAINT delivery_attempts_count CHECK (attempts >= 0),
  CONSTRAINT delivery_failure_told CHECK ((failure IS NULL) = (failed_at IS NULL)));
SELECT place('delivery', 'beside');
SELECT wall('delivery');
CREATE INDEX delivery_dead ON delivery (workspace, subscription, dead_at) WHERE dead_at IS NOT NULL;

-- The latest attempts of a webhook, for people's eyes; a bounded number is kept.
CREATE TABLE delivery_log (
  workspace bigint NOT NULL,
  subscription bigint NOT NULL,
  number bigint NOT NULL,                 -- of all its attempts
  position bigint NOT NULL,
  tried_at timestamptz NOT NULL,
  milliseconds integer NOT NULL,
  status smallint,                        -- of HTTP; null where no answer came
  failure text,
  CONSTRAINT delivery_log_pkey PRIMARY KEY (workspace, subscription, number),
  CONSTRAINT delivery_log_subscription_fkey FOREIGN KEY (workspace, subscription) REFERENCES subscription
    ON DELETE CASCADE,
  CONSTRAINT delivery_log_milliseconds_count CHECK (milliseconds >= 0),
  CONSTRAINT delivery_log_status_of_http CHECK (status BETWEEN 100 AND 999));
SELECT place('delivery_log', 'beside');
SELECT wall('delivery_log');

GRANT SELECT, INSERT, UPDATE, DELETE ON subscription, subscription_secret, subscription_cursor, delivery, delivery_log
  TO contatto_hub;
