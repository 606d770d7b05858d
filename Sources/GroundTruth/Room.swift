// The room of GroundTruth; see README.md.
