"""What JSON Schema cannot say of our API; loaded by schemathesis through SCHEMATHESIS_HOOKS."""

import schemathesis


@schemathesis.hook
def filter_query(context, query):
    """stats=off and events=off together leave nothing to send, and are refused."""
    return not (query and query.get("stats") == "off" and query.get("events") == "off")


@schemathesis.hook
def filter_body(context, body):
    """JSON Schema calls 7.0 an integer; the API asks for integers without a fraction."""
    return not holds_whole_float(body)


def holds_whole_float(value):
    if isinstance(value, dict):
        return any(holds_whole_float(member) for member in value.values())
    if isinstance(value, list):
        return any(holds_whole_float(element) for element in value)
    return isinstance(value, float) and value.is_integer()
