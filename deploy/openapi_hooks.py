"""Writes down what schemathesis was answered, for deploy/openapi.py."""
import os

import schemathesis

seen = open(os.environ["OPENAPI_SEEN"], "a", buffering=1)


@schemathesis.hook
def after_call(context, case, response):
    seen.write(f"{response.request.method} {case.operation.path} {response.status_code}\n")
