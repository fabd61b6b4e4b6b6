"""The log against what SARIF 2.1.0 (OASIS) requires of the parts that are written."""

import jsonschema

from llmops_magics.guard.detector import Context
from llmops_magics.guard.survey.piece import Piece, Unread
from llmops_magics.guard.survey.sarif import to_sarif
from llmops_magics.guard.survey.survey import Plan, survey

TOKEN = "CANARY-4711"
POSITIVE = {"type": "integer", "minimum": 1}
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
REGION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["startLine"],
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), POSITIVE),
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                },
                "region": REGION,
            },
        },
        "logicalLocations": {"type": "array", "minItems": 1},
    },
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "properties": {
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"type": "object", "required": ["id"]},
                                    }
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {"type": "object", "required": ["executionSuccessful"]},
                    },
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}


def log(*specs, unread=()):
    pieces = [
        Piece(
            name="a b.md", text=f"one\n{TOKEN} x", boundary="output", file="a b.md", has_lines=True
        ),
        Piece(name="cell 3, source", text=TOKEN, boundary="output", file="n.ipynb"),
        Piece(name="case c1", text="ann@example.org", boundary="output"),
    ]
    plan = Plan(specs=specs, context=Context(canaries=(TOKEN,)))
    report = survey(pieces, plan, target="t", target_kind="several", unread=unread)
    made = to_sarif(report)
    jsonschema.validate(made, SCHEMA, format_checker=jsonschema.FormatChecker())
    return made["runs"][0]


def test_every_finding_has_its_place():
    run = log("canary", "pii")
    places = [result["locations"][0] for result in run["results"]]
    assert places[0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.md"},
        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 12},
    }
    assert places[1]["physicalLocation"]["region"] == {"startLine": 1}
    assert places[1]["logicalLocations"][0]["fullyQualifiedName"] == "cell 3, source"
    assert list(places[2]) == ["logicalLocations"]


def test_rules_are_the_kinds_and_results_point_at_them():
    run = log("canary", "pii")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["canary", "pii.email"]
    assert [run["results"][n]["ruleIndex"] for n in range(3)] == [0, 0, 1]
    assert run["results"][0]["level"] == "error"
    assert rules[0]["properties"]["security-severity"] == "9.5"


def test_a_failed_detector_is_no_successful_invocation():
    assert log("canary")["invocations"][0]["executionSuccessful"] is True
    [invocation] = log("canary", "nope")["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "nope could not look" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    [unread] = log("canary", unread=[Unread(name="a", reason="over 20 MB")])["invocations"]
    assert unread["executionSuccessful"] is False


def test_nothing_sensitive_is_in_the_log():
    assert TOKEN not in str(log("canary", "pii"))
    assert "ann@example.org" not in str(log("canary", "pii"))
