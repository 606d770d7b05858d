// JSON over HTTP.
