// What Swift cannot import from zlib: its starting function is a macro.
#pragma once

#include <zlib.h>

/// Begins to inflate what is in gzip's or zlib's form, whichever it turns out to be (15 bits of window, 32 for both forms).
static inline int contatto_inflate_begin(z_stream *stream) { return inflateInit2(stream, 15 + 32); }

/// The same for deflate without a form around it, which some programs send under that name.
static inline int contatto_inflate_begin_raw(z_stream *stream) { return inflateInit2(stream, -15); }
