"""What schemathesis is taught, for deploy/openapi.py: how mails and lines are sent; and to write down what it was answered."""
import os

import schemathesis

seen = open(os.environ["OPENAPI_SEEN"], "a", buffering=1)


@schemathesis.hook
def after_call(context, case, response):
    seen.write(f"{response.request.method} {case.operation.path} {response.status_code} {response.elapsed:.3f}\n")


@schemathesis.serializer("application/x-ndjson", "message/rfc822")
def plain(context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")}
