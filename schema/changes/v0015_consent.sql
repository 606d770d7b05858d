-- What customers agree to and refuse, and what people remember for them. Both hang on a facet, as everything that is known
-- does: a merge and a split write neither, and an erasure takes them along with the facet.

-- A statement, never changed: of those that cover a channel the newest of each facet counts, and of the facets of a profile the
-- strictest one.
CREATE TABLE consent (
  workspace bigint NOT NULL,
  consent uuid NOT NULL,                  -- of its content: what is recorded twice is one
  facet uuid NOT NULL,
  purpose text NOT NULL,
  channel text NOT NULL DEFAULT '',       -- empty: all of them
  state smallint NOT NULL,                -- 1 granted, 2 denied, 3 withdrawn
  basis text,                             -- GDPR, article 6
  text_version text,                      -- of what was shown to the customer
  stated_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  who text NOT NULL,
  source bigint,                          -- of the interaction, or of the connector, that it came with
  proof text,
  interaction uuid,
  CONSTRAINT consent_pkey PRIMARY KEY (workspace, consent),
  CONSTRAINT consent_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE,
  CONSTRAINT consent_source_fkey FOREIGN KEY (workspace, source) REFERENCES source,
  CONSTRAINT consent_purpose_known CHECK (purpose IN ('service', 'marketing', 'profiling', 'analytics')),
  CONSTRAINT consent_channel_shape CHECK (channel ~ '^([a-z][a-z0-9_]{0,31})?$' AND channel <> 'all'),
  CONSTRAINT consent_state_known CHECK (state BETWEEN 1 AND 3),
  CONSTRAINT consent_basis_known CHECK (basis IN ('consent', 'contract', 'legal_obligation', 'vital_interests',
    'public_task', 'legitimate_interest')),
  CONSTRAINT consent_granted_on_basis CHECK (state > 1 OR basis IS NOT NULL),
  CONSTRAINT consent_said_before CHECK (stated_at <= recorded_at),
  CONSTRAINT consent_who_short CHECK (char_length(who) BETWEEN 1 AND 200),
  CONSTRAINT consent_text_version_short CHECK (char_length(text_version) BETWEEN 1 AND 200),
  CONSTRAINT consent_proof_short CHECK (char_length(proof) BETWEEN 1 AND 2000));
SELECT place('consent', 'beside');
SELECT wall('consent');
CREATE INDEX consent_facet ON consent (workspace, facet, purpose, channel, stated_at DESC);

-- What somebody heard and keeps for the next who meets the customer. Its words are never changed: it is closed, and another
-- one is written.
CREATE TABLE memory (
  workspace bigint NOT NULL,
  memory uuid NOT NULL,
  facet uuid NOT NULL,
  kind text NOT NULL,
  words text NOT NULL,
  heard_by text NOT NULL,
  heard_at timestamptz NOT NULL,
  who text NOT NULL,                      -- whose key, or whose login, wrote it
  recorded_at timestamptz NOT NULL,
  due_at timestamptz,                     -- of a promise: by when
  interaction uuid,                       -- where the words are; it may be erased, so no foreign key
  confirmed boolean NOT NULL DEFAULT false, -- stored all the same, after a warning
  closed_at timestamptz,
  closed_as text,
  closed_by text,
  closed_why text,
  CONSTRAINT memory_pkey PRIMARY KEY (workspace, memory),
  CONSTRAINT memory_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE,
  CONSTRAINT memory_kind_known CHECK (kind IN ('chose_because', 'worried_about', 'convinced_by', 'prefers', 'promised',
    'greet_so', 'thanks_due')),
  CONSTRAINT memory_words_short CHECK (char_length(words) BETWEEN 1 AND 2000),
  CONSTRAINT memory_who_short CHECK (char_length(who) BETWEEN 1 AND 200),
  CONSTRAINT memory_heard_by_short CHECK (char_length(heard_by) BETWEEN 1 AND 200),
  CONSTRAINT memory_heard_before CHECK (heard_at <= recorded_at),
  CONSTRAINT memory_promise_due CHECK ((kind = 'promised') = (due_at IS NOT NULL)),
  CONSTRAINT memory_closed_known CHECK (closed_as IN ('kept', 'done', 'outdated')),
  CONSTRAINT memory_closed_whole CHECK ((closed_at IS NULL) = (closed_as IS NULL)
    AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (closed_why IS NULL)),
  -- A promise is kept, anything else is done.
  CONSTRAINT memory_closed_of_kind CHECK (closed_as = 'outdated' OR (closed_as = 'kept') = (kind = 'promised')),
  CONSTRAINT memory_closed_by_short CHECK (char_length(closed_by) BETWEEN 1 AND 200),
  CONSTRAINT memory_closed_why_short CHECK (char_length(closed_why) BETWEEN 1 AND 2000)) WITH (fillfactor = 90);
SELECT place('memory', 'beside');
SELECT wall('memory');
CREATE INDEX memory_facet ON memory (workspace, facet);

-- 9 consent.granted, 10 consent.denied, 11 memory.added, 12 memory.closed: of a profile, and of no version of it.
ALTER TABLE change DROP CONSTRAINT change_type_known;
ALTER TABLE change ADD CONSTRAINT change_type_known CHECK (type BETWEEN 1 AND 12);
ALTER TABLE change DROP CONSTRAINT change_profile_named;
ALTER TABLE change ADD CONSTRAINT change_profile_named CHECK (CASE WHEN type = 1 THEN profile IS NULL AND version IS NULL
  WHEN type <= 6 THEN profile IS NOT NULL AND version IS NOT NULL WHEN type <= 8 THEN version IS NULL
  ELSE profile IS NOT NULL AND version IS NULL END);
ALTER TABLE delivery DROP CONSTRAINT delivery_type_known;
ALTER TABLE delivery ADD CONSTRAINT delivery_type_known CHECK (type BETWEEN 1 AND 12);

GRANT SELECT, INSERT ON consent TO contatto_hub;
GRANT SELECT, INSERT, UPDATE ON memory TO contatto_hub;
