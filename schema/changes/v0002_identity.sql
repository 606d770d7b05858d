-- Who is who: facets, the identifiers they show, and the profiles they are grouped into. A merge or a split
-- writes facet.profile and nothing else of what is known.

CREATE TABLE profile (
  workspace bigint NOT NULL,
  profile uuid NOT NULL,
  birth uuid NOT NULL,                    -- the facet it was born with; it may be erased, so no foreign key
  canonical uuid,                         -- absorbed: the survivor, never itself absorbed (one hop)
  kind smallint NOT NULL DEFAULT 0,       -- 0 customer, 1 shared: what hangs on a shared value alone
  gone boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 1,
  facets integer NOT NULL DEFAULT 0,      -- how many point here: known without counting them
  traits jsonb NOT NULL DEFAULT '{}',     -- the fold's winners, each with where it comes from
  CONSTRAINT profile_pkey PRIMARY KEY (workspace, profile),
  CONSTRAINT profile_canonical_fkey FOREIGN KEY (workspace, canonical) REFERENCES profile (workspace, profile),
  CONSTRAINT profile_kind_known CHECK (kind IN (0, 1)),
  CONSTRAINT profile_version_counts CHECK (version > 0),
  CONSTRAINT profile_not_itself CHECK (canonical <> profile),
  CONSTRAINT profile_absorbed_or_gone CHECK (NOT (gone AND canonical IS NOT NULL)),
  CONSTRAINT profile_facets_count CHECK (facets >= 0 AND (facets > 0) = (canonical IS NULL AND NOT gone)),
  CONSTRAINT profile_traits_object CHECK (jsonb_typeof(traits) = 'object')) WITH (fillfactor = 80);
SELECT place('profile', 'beside');
SELECT wall('profile');
CREATE INDEX profile_absorbed ON profile (workspace, canonical) WHERE canonical IS NOT NULL;

-- Its profile is provisional until the journal row is held; hence the deferred reference.
CREATE TABLE facet (
  workspace bigint NOT NULL,
  facet uuid NOT NULL,
  profile uuid NOT NULL,
  period smallint,                        -- half-years since year 0, where an identifier changes hands
  last_month date NOT NULL,               -- first day of the month of its latest interaction
  attributes jsonb NOT NULL DEFAULT '{}', -- folded: what is part of its content
  CONSTRAINT facet_pkey PRIMARY KEY (workspace, facet),
  CONSTRAINT facet_profile_fkey FOREIGN KEY (workspace, profile) REFERENCES profile (workspace, profile)
    DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT facet_month_begins CHECK (extract(day FROM last_month) = 1),
  CONSTRAINT facet_attributes_object CHECK (jsonb_typeof(attributes) = 'object')) WITH (fillfactor = 80);
SELECT place('facet', 'beside');
SELECT wall('facet');
CREATE INDEX facet_profile ON facet (workspace, profile, last_month DESC, facet);

CREATE TABLE identifier (
  workspace bigint NOT NULL,
  identifier uuid NOT NULL,
  kind smallint NOT NULL,
  scope text NOT NULL DEFAULT '',
  value text NOT NULL,
  role boolean NOT NULL DEFAULT false,    -- shared from birth: info@, noreply@, …
  CONSTRAINT identifier_pkey PRIMARY KEY (workspace, identifier),
  CONSTRAINT identifier_kind_fkey FOREIGN KEY (kind) REFERENCES identifier_kind,
  CONSTRAINT identifier_value_not_empty CHECK (value <> ''));
SELECT place('identifier', 'beside');
SELECT wall('identifier');

CREATE TABLE facet_identifier (
  workspace bigint NOT NULL,
  identifier uuid NOT NULL,
  facet uuid NOT NULL,
  assurance smallint NOT NULL,            -- 1 claimed, 2 presented, 3 verified
  CONSTRAINT facet_identifier_pkey PRIMARY KEY (workspace, identifier, facet),
  CONSTRAINT facet_identifier_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE,
  CONSTRAINT facet_identifier_identifier_fkey FOREIGN KEY (workspace, identifier) REFERENCES identifier,
  CONSTRAINT facet_identifier_assurance_known CHECK (assurance BETWEEN 1 AND 3));
SELECT place('facet_identifier', 'beside');
SELECT wall('facet_identifier');
CREATE INDEX facet_identifier_facet ON facet_identifier (workspace, facet);

-- Observations: one a (facet, trait, source), replaced only by a greater (occurred_at, hash), so that the order
-- of arrival leaves no trace. The hash is SHA-256 of the value's canonical JSON.
CREATE TABLE trait (
  workspace bigint NOT NULL,
  facet uuid NOT NULL,
  trait text NOT NULL,
  source bigint NOT NULL,
  value jsonb NOT NULL,
  hash bytea NOT NULL,
  occurred_at timestamptz NOT NULL,
  assurance smallint NOT NULL,
  CONSTRAINT trait_pkey PRIMARY KEY (workspace, facet, trait, source),
  CONSTRAINT trait_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE,
  CONSTRAINT trait_source_fkey FOREIGN KEY (workspace, source) REFERENCES source,
  CONSTRAINT trait_name_shape CHECK (trait ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT trait_hash_whole CHECK (octet_length(hash) = 32),
  CONSTRAINT trait_assurance_known CHECK (assurance BETWEEN 1 AND 3)) WITH (fillfactor = 80);
SELECT place('trait', 'beside');
SELECT wall('trait');
