// The room of Storage; see README.md.
