// The room of Postgres; see README.md.
