// The embedded cluster.
