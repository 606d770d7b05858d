-- A facet tells the day of its latest interaction, not the month: the latest interactions of a customer of thousands of facets are
-- then found in the few that were there on the last days. The day is in no index, so that raising it writes no index entry
-- (a heap-only tuple, PostgreSQL 15, 73.7).
ALTER TABLE facet DROP CONSTRAINT facet_month_begins;
DROP INDEX facet_profile;
ALTER TABLE facet RENAME COLUMN last_month TO last_day;
DO $$
DECLARE
  one bigint;
BEGIN
  FOR one IN SELECT workspace FROM workspace LOOP
    PERFORM set_config('contatto.workspace', one::text, true);
    UPDATE facet SET last_day = latest.day
    FROM (
      SELECT known.facet, found.day FROM facet AS known
      CROSS JOIN LATERAL (
        SELECT (occurred_at AT TIME ZONE 'UTC')::date AS day FROM interaction
        WHERE workspace = one AND interaction.facet = known.facet
          AND occurred_at >= known.last_day::timestamp AT TIME ZONE 'UTC'
        ORDER BY occurred_at DESC LIMIT 1) AS found
      WHERE known.workspace = one) AS latest
    WHERE facet.workspace = one AND facet.facet = latest.facet AND facet.last_day <> latest.day;
  END LOOP;
  PERFORM set_config('contatto.workspace', '', true);
END $$;
CREATE INDEX facet_profile ON facet (workspace, profile, facet);
