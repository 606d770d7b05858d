-- Finding people by what somebody remembers of them. A reader of the journal writes these rows (SearchIndex): intake waits for
-- none of them, and a search says how far they are.

-- The words of a facet, once: a facet never changes, and a merge or split does not touch it. A word begins with the workspace's
-- number, so that an index entry is of one workspace: a second column would be met with the list of all rows of the workspace.
CREATE TABLE search_facet (
  workspace bigint NOT NULL,
  facet uuid NOT NULL,
  words tsvector NOT NULL,
  CONSTRAINT search_facet_pkey PRIMARY KEY (workspace, facet),
  CONSTRAINT search_facet_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE);
SELECT place('search_facet', 'beside');
SELECT wall('search_facet');
CREATE INDEX search_facet_words ON search_facet USING gin (words) WITH (gin_pending_list_limit = 256);

-- Keys by which a misspelt word of a name finds the words that are spelt nearly so.
CREATE TABLE search_word (
  workspace bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  word text COLLATE "C" NOT NULL,
  CONSTRAINT search_word_pkey PRIMARY KEY (workspace, key, word));
SELECT place('search_word', 'beside');
SELECT wall('search_word');

-- The words of a message, stemmed in Italian and English, by the interaction it came with.
CREATE TABLE search_text (
  workspace bigint NOT NULL,
  interaction uuid NOT NULL,
  facet uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  words tsvector NOT NULL,
  CONSTRAINT search_text_pkey PRIMARY KEY (workspace, interaction),
  CONSTRAINT search_text_facet_fkey FOREIGN KEY (workspace, facet) REFERENCES facet ON DELETE CASCADE);
SELECT place('search_text', 'beside');
SELECT wall('search_text');
CREATE INDEX search_text_facet ON search_text (workspace, facet);
CREATE INDEX search_text_words ON search_text USING gin (words) WITH (gin_pending_list_limit = 256);

-- How far the reader is; nobody else indexes while he holds the row, and an erasure holds it too.
CREATE TABLE search_cursor (
  workspace bigint NOT NULL,
  epoch uuid NOT NULL,
  position bigint NOT NULL,               -- all up to here is indexed, apart from what `older` still has to reach
  older uuid,                             -- facets up to this one that were there before are indexed; NULL = all are
  CONSTRAINT search_cursor_pkey PRIMARY KEY (workspace),
  CONSTRAINT search_cursor_counts CHECK (position >= 0)) WITH (fillfactor = 10);
SELECT place('search_cursor', 'beside');
SELECT wall('search_cursor');

GRANT SELECT, INSERT, UPDATE, DELETE ON search_facet, search_word, search_text, search_cursor TO contatto_hub;
GRANT SELECT ON search_facet, search_text TO contatto_search;

-- Under the wall no index serves @@, which is not leakproof. So these run as a role without the wall, and are the wall
-- themselves: the workspace is the one of the transaction, and nothing else is looked at. What a query will match nobody can
-- estimate: without these settings the planner walks the primary key until it has enough (50 ms among 100,000 people).

-- Facets that match, those with most of the wishes first; `most` of those that match are weighed.
CREATE FUNCTION search_facets(wanted bigint, query text, wishes text[], most integer)
  RETURNS TABLE (facet uuid, weight bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  -- Read once, and not for every row.
  wished tsquery[] := wishes::tsquery[];
BEGIN
  IF wanted IS DISTINCT FROM nullif(current_setting('contatto.workspace', true), '')::bigint THEN RETURN; END IF;
  RETURN QUERY
    SELECT found.facet, (SELECT count(*) FROM unnest(wished) AS wish WHERE found.words @@ wish)
    FROM (
      SELECT search_facet.facet, search_facet.words FROM search_facet
      WHERE search_facet.workspace = wanted AND search_facet.words @@ query::tsquery LIMIT most) AS found
    ORDER BY 2 DESC, 1;
END $$;

-- Interactions whose message holds every word, the latest first.
CREATE FUNCTION search_texts(wanted bigint, query text, most integer)
  RETURNS TABLE (interaction uuid, facet uuid, occurred_at timestamptz)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  IF wanted IS DISTINCT FROM nullif(current_setting('contatto.workspace', true), '')::bigint THEN RETURN; END IF;
  RETURN QUERY
    SELECT found.interaction, found.facet, found.occurred_at
    FROM (
      SELECT search_text.interaction, search_text.facet, search_text.occurred_at FROM search_text
      WHERE search_text.workspace = wanted AND search_text.words @@ query::tsquery LIMIT 5000) AS found
    ORDER BY 3 DESC, 1 LIMIT most;
END $$;

-- Of these words those that no facet shows any more.
CREATE FUNCTION search_unshown(wanted bigint, candidates text[])
  RETURNS TABLE (word text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  IF wanted IS DISTINCT FROM nullif(current_setting('contatto.workspace', true), '')::bigint THEN RETURN; END IF;
  RETURN QUERY
    SELECT candidate FROM unnest(candidates) AS candidate
    WHERE NOT EXISTS (
      SELECT FROM search_facet
      WHERE search_facet.workspace = wanted AND search_facet.words @@ quote_literal(wanted || '.' || candidate)::tsquery);
END $$;

-- The stems of words, in both languages, as a query that wants all of them; NULL where nothing is left of them.
CREATE FUNCTION search_stems(wanted bigint, words text[]) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg('(' || stems || ')', ' & ') FROM (
    SELECT (
      SELECT string_agg(quote_literal(wanted || '.' || lexeme), ' | ')
      FROM unnest(to_tsvector('italian', word) || to_tsvector('english', word))) AS stems
    FROM unnest(words) AS word) AS each
  WHERE stems IS NOT NULL
$$;

-- Owned by the role that they run as. It may make things here only for that moment.
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO contatto_search', current_schema());
  ALTER FUNCTION search_facets(bigint, text, text[], integer) OWNER TO contatto_search;
  ALTER FUNCTION search_texts(bigint, text, integer) OWNER TO contatto_search;
  ALTER FUNCTION search_unshown(bigint, text[]) OWNER TO contatto_search;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM contatto_search', current_schema());
END $$;
