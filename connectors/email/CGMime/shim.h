#pragma once
#include <errno.h>
#include <iconv.h>
#include <gmime/gmime.h>

/* GObject's casts and type checks are macros, which Swift does not see. What is asked for a type is asked here, and what
 * is not of that type answers NULL. */

static inline GMimeMultipart *contatto_multipart(GMimeObject *object) {
    return GMIME_IS_MULTIPART(object) ? (GMimeMultipart *) object : NULL;
}
static inline GMimeMessagePart *contatto_message_part(GMimeObject *object) {
    return GMIME_IS_MESSAGE_PART(object) ? (GMimeMessagePart *) object : NULL;
}
static inline GMimePart *contatto_part(GMimeObject *object) {
    return GMIME_IS_PART(object) ? (GMimePart *) object : NULL;
}
static inline GMimeObject *contatto_object(GMimeMessage *message) { return (GMimeObject *) message; }
static inline InternetAddressGroup *contatto_group(InternetAddress *address) {
    return INTERNET_ADDRESS_IS_GROUP(address) ? (InternetAddressGroup *) address : NULL;
}
static inline InternetAddressMailbox *contatto_mailbox(InternetAddress *address) {
    return INTERNET_ADDRESS_IS_MAILBOX(address) ? (InternetAddressMailbox *) address : NULL;
}
static inline void contatto_unref(void *object) { if (object) g_object_unref(object); }

/* A stream over a copy of the bytes. */
static inline GMimeStream *contatto_stream(const void *bytes, size_t count) {
    return g_mime_stream_mem_new_with_buffer((const char *) bytes, count);
}
/* What was written to a stream of g_mime_stream_mem_new; lent as long as the stream lives. */
static inline const void *contatto_written(GMimeStream *stream, size_t *count) {
    GByteArray *bytes = g_mime_stream_mem_get_byte_array((GMimeStreamMem *) stream);
    *count = bytes ? bytes->len : 0;
    return bytes ? bytes->data : NULL;
}
/* A content decoded as if its lines ended in LF alone: uuencode that is damaged reads differently with CR. */
static inline void contatto_write_bare(GMimeDataWrapper *content, GMimeContentEncoding encoding, GMimeStream *output) {
    GMimeStream *stream = g_mime_data_wrapper_get_stream(content);
    if (!stream) return;
    GMimeStream *filtered = g_mime_stream_filter_new(stream);
    GMimeFilter *bare = g_mime_filter_dos2unix_new(FALSE), *decoded = g_mime_filter_basic_new(encoding, FALSE);
    g_mime_stream_filter_add((GMimeStreamFilter *) filtered, bare);
    g_mime_stream_filter_add((GMimeStreamFilter *) filtered, decoded);
    g_mime_stream_reset(stream);
    g_mime_stream_write_to_stream(filtered, output);
    g_mime_stream_reset(stream);
    g_object_unref(decoded);
    g_object_unref(bare);
    g_object_unref(filtered);
}
/* Parsed with what stands in the stream, without copying it; the message keeps the stream. */
static inline GMimeMessage *contatto_parse(GMimeStream *stream, GMimeParserOptions *options) {
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    GMimeMessage *message = g_mime_parser_construct_message(parser, options);
    g_object_unref(parser);
    return message;
}
/* Undeclared eight-bit headers: UTF-8 where they are, else Windows-1252, which takes nearly any byte. */
static inline GMimeParserOptions *contatto_options(void) {
    static const char *charsets[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};
    GMimeParserOptions *options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, (const char **) charsets);
    return options;
}
/* Seconds since 1970 and minutes east of UTC; 0 where it is no date. */
static inline int contatto_date(const char *text, gint64 *seconds, int *offset) {
    GDateTime *date = g_mime_utils_header_decode_date(text);
    if (!date) return 0;
    *seconds = g_date_time_to_unix(date);
    *offset = (int) (g_date_time_get_utc_offset(date) / 60000000);
    g_date_time_unref(date);
    return 1;
}
/* Text in UTF-8 of bytes in a named charset, what cannot be read replaced by U+FFFD; NULL where the charset is unknown or
 * more than a tenth of it cannot be read. To be freed with g_free. */
static inline char *contatto_utf8(const char *charset, const char *bytes, size_t count, size_t *length) {
    const char *name = g_mime_charset_iconv_name(charset);
    iconv_t converter = g_mime_iconv_open("UTF-8", name ? name : charset);
    if (converter == (iconv_t) -1) return NULL;
    size_t room = count * 4 + 16, left = room, unread = count, wrong = 0;
    char *text = (char *) g_malloc(room), *out = text, *in = (char *) bytes;
    while (unread > 0) {
        if (iconv(converter, &in, &unread, &out, &left) != (size_t) -1) break;
        if (errno == EILSEQ || errno == EINVAL) {
            if (left < 4 || ++wrong > count / 10 + 1) break;
            *out++ = '\xEF'; *out++ = '\xBF'; *out++ = '\xBD'; left -= 3; in++; unread--;
        } else break;
    }
    if (unread == 0) iconv(converter, NULL, NULL, &out, &left);
    g_mime_iconv_close(converter);
    if (unread > 0) { g_free(text); return NULL; }
    *length = room - left;
    return text;
}
