-- Words of facets have whole addresses among them (`WORKSPACE@local@domain`, without what stands between letters), so that one is
-- found by its beginning among thousands who have the local part in common. The reader of the journal writes all of them anew.
TRUNCATE search_facet, search_word, search_text, search_cursor;
