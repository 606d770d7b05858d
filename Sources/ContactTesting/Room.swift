// The room of ContactTesting; see README.md.
