# SPDX-License-Identifier: GPL-3.0-or-later
"""SARIF of every fixture against the parts of the standard's schema that kmortem uses: written
from SARIF 2.1.0 (OASIS, 27 March 2020), with no other property allowed than those."""
import unittest

import jsonschema

from support.tool import all_fixtures


def object_of(required, properties):
    return {"type": "object", "required": required, "properties": properties,
            "additionalProperties": False}


def array_of(items, **more):
    return {"type": "array", "items": items, **more}


TEXT = {"type": "string"}
BAG = {"type": "object"}  # 3.8: anything
MESSAGE = object_of(["text"], {"text": TEXT})  # 3.11
MULTIFORMAT = object_of(["text"], {"text": TEXT, "markdown": TEXT})  # 3.12
LEVEL = {"enum": ["none", "note", "warning", "error"]}
ARTIFACT = object_of([], {"uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": TEXT,
                          "description": MESSAGE})  # 3.4
REGION = object_of([], {"startLine": {"type": "integer", "minimum": 1}})  # 3.30
PHYSICAL = object_of(["artifactLocation"], {"artifactLocation": ARTIFACT, "region": REGION})  # 3.29
LOGICAL = object_of([], {"name": TEXT, "fullyQualifiedName": TEXT, "kind": TEXT})  # 3.33
LOCATION = object_of([], {"physicalLocation": PHYSICAL,
                          "logicalLocations": array_of(LOGICAL, uniqueItems=True),
                          "message": MESSAGE})  # 3.28
FRAME = object_of([], {"location": LOCATION, "module": TEXT, "properties": BAG})  # 3.45
STACK = object_of(["frames"], {"message": MESSAGE, "frames": array_of(FRAME)})  # 3.44
RULE = object_of(["id"], {"id": TEXT, "name": TEXT, "shortDescription": MULTIFORMAT,
                          "fullDescription": MULTIFORMAT, "help": MULTIFORMAT})  # 3.49
DRIVER = object_of(["name"], {"name": TEXT, "version": TEXT,
                              "rules": array_of(RULE, uniqueItems=True)})  # 3.19
NOTIFICATION = object_of(["message"], {"message": MESSAGE, "level": LEVEL})  # 3.58
INVOCATION = object_of(["executionSuccessful"], {  # 3.20
    "executionSuccessful": {"type": "boolean"},
    "toolExecutionNotifications": array_of(NOTIFICATION)})
RESULT = object_of(["message"], {  # 3.27
    "ruleId": TEXT, "ruleIndex": {"type": "integer", "minimum": -1}, "level": LEVEL,
    "message": MESSAGE, "locations": array_of(LOCATION), "stacks": array_of(STACK, uniqueItems=True),
    "partialFingerprints": {"type": "object", "additionalProperties": TEXT}, "properties": BAG})
RUN = object_of(["tool"], {  # 3.14
    "tool": object_of(["driver"], {"driver": DRIVER}), "invocations": array_of(INVOCATION),
    "originalUriBaseIds": {"type": "object", "additionalProperties": ARTIFACT},
    "results": array_of(RESULT), "properties": BAG})
LOG = object_of(["version", "runs"], {"$schema": {"type": "string", "format": "uri"},
                                      "version": {"const": "2.1.0"}, "runs": array_of(RUN)})  # 3.13
SEVERITY_LEVEL = {"error": "error", "warning": "warning", "note": "note"}


class SarifTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.logs = {}
        for fixture in all_fixtures():
            done = fixture.run("analyze", "--no-memory-scan", "-f", "sarif")
            cls.logs[fixture.name] = done.json(), fixture.analyze("--no-memory-scan")

    def test_it_follows_the_schema(self):
        validator = jsonschema.Draft7Validator(LOG, format_checker=jsonschema.FormatChecker())
        for name, (log, _) in self.logs.items():
            with self.subTest(name):
                errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
                          for e in validator.iter_errors(log)]
                self.assertEqual(errors, [])

    def test_the_check_can_fail(self):
        log = dict(next(iter(self.logs.values()))[0], version="2.0")
        self.assertFalse(jsonschema.Draft7Validator(LOG).is_valid(log))

    def test_results_are_the_findings(self):
        for name, (log, report) in self.logs.items():
            run = log["runs"][0]
            rules = run["tool"]["driver"]["rules"]
            self.assertEqual(len(run["results"]), len(report["findings"]), name)
            for result, finding in zip(run["results"], report["findings"]):
                self.assertEqual(result["ruleId"], finding["rule"])
                self.assertEqual(rules[result["ruleIndex"]]["id"], finding["rule"])
                self.assertIn("Usual fix", rules[result["ruleIndex"]]["help"]["text"])
                self.assertEqual(result["level"], SEVERITY_LEVEL[finding["severity"]])
                self.assertEqual(list(result["partialFingerprints"].values()),
                                 [finding["signature"]])

    def test_locations_are_those_of_the_source(self):
        run = self.logs["inconsistent-6.1"][0]["runs"][0]
        places = [(location["physicalLocation"]["artifactLocation"]["uri"],
                   location["logicalLocations"][0]["name"])
                  for location in run["results"][0]["locations"]]
        self.assertIn(("lk_inconsistent.c", "stats_event_callback"), places)
        self.assertIn(("lk_inconsistent.c", "stats_rcv_proc"), places)


if __name__ == "__main__":
    unittest.main()
