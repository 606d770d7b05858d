-- Which threads are one: a mail that answers another names it and not always the first of them, and comes before or after it.
-- Each pair says that two threads, as two mails name them, belong together; what is connected is one thread. A set of pairs has
-- no order of arrival. The threads of two sources are never connected; an erased source's pairs go with it.

CREATE TABLE thread_link (
  workspace bigint NOT NULL,
  thread uuid NOT NULL,
  next uuid NOT NULL,
  source bigint NOT NULL,
  CONSTRAINT thread_link_pkey PRIMARY KEY (workspace, thread, next),
  -- Either way round it is one pair.
  CONSTRAINT thread_link_ordered CHECK (thread < next));
SELECT place('thread_link', 'beside');
SELECT wall('thread_link');
CREATE INDEX thread_link_next ON thread_link (workspace, next, thread);

GRANT SELECT, INSERT, UPDATE, DELETE ON thread_link TO contatto_hub;
