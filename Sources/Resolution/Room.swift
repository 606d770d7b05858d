// The room of Resolution; see README.md.
