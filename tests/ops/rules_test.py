#!/usr/bin/env python3
"""Alert and recording rules: loaded and unit-tested by promtool, and kept together with tests, runbooks and metrics.

Run from the source directory: python3 tests/ops/rules_test.py
"""
import glob
import os
import re
import subprocess
import unittest

import yaml

import metrics


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def alerts():
    """(file, rule) of every alert."""
    for path in sorted(glob.glob("deploy/alerts/*.yml")):
        for group in load(path)["groups"]:
            for rule in group["rules"]:
                yield path, rule


def promtool(*words):
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Rules(unittest.TestCase):
    def test_promtool_accepts_them(self):
        files = glob.glob("deploy/alerts/*.yml") + glob.glob("deploy/prometheus/rules/*.yml")
        code, output = promtool("check", "rules", *files)
        self.assertEqual(code, 0, output)
        self.assertIn("FAILED", promtool("check", "rules", "deploy/prometheus/prometheus.yml")[1], "promtool refuses nothing")

    def test_promtool_accepts_the_configuration_with_them(self):
        code, output = promtool("check", "config", "deploy/prometheus/prometheus.yml")
        self.assertEqual(code, 0, output)
        self.assertIn("alerts/process.yml", output, "the configuration finds the alerts")

    def test_unit_tests(self):
        for path in sorted(glob.glob("tests/ops/alerts/*.yml")):
            with self.subTest(path):
                code, output = promtool("test", "rules", path)
                self.assertEqual(code, 0, output)

    def test_every_alert_is_complete(self):
        names = [rule["alert"] for _, rule in alerts()]
        self.assertGreater(len(names), 30)
        self.assertEqual(len(names), len(set(names)), "a name twice")
        for path, rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                notes = rule["annotations"]
                self.assertEqual(set(notes), {"summary", "summary_zh", "runbook"})
                self.assertRegex(notes["summary_zh"], "[\u4e00-\u9fff]")
                self.assertNotRegex(notes["summary"], "[\u4e00-\u9fff]")
                self.assertEqual(notes["runbook"], f"deploy/runbooks/{rule['alert']}.md")

    def test_every_alert_has_a_test_that_fires_and_one_that_does_not(self):
        fires, quiet = set(), set()
        for path in glob.glob("tests/ops/alerts/*.yml"):
            for test in load(path)["tests"]:
                for case in test["alert_rule_test"]:
                    (fires if case["exp_alerts"] else quiet).add(case["alertname"])
        names = {rule["alert"] for _, rule in alerts()}
        self.assertEqual(names, fires)
        self.assertEqual(names, quiet)

    def test_every_alert_has_a_runbook_and_the_other_way_round(self):
        names = {rule["alert"] for _, rule in alerts()}
        pages = {os.path.basename(path)[:-3] for path in glob.glob("deploy/runbooks/[A-Z]*.md")}
        self.assertEqual(names, pages)
        for name in sorted(names):
            with open(f"deploy/runbooks/{name}.md", encoding="utf-8") as file:
                text = file.read()
            with self.subTest(name):
                headings = re.findall(r"^## (.*)$", text, re.M)
                self.assertEqual(headings, ["What it means", "Check", "Do", "Call"])
                for link in re.findall(r"\]\(([^)]+\.md)\)", text):
                    self.assertTrue(os.path.exists(os.path.join("deploy/runbooks", link)), link)

    def test_runbooks_name_what_exists(self):
        """Commands of the client and panels of the dashboards that a page tells people to use."""
        with open("services/cli/commands.cc", encoding="utf-8") as file:
            source = file.read()
        for path in glob.glob("services/cli/*_commands.cc") + ["services/cli/aid_record_command.cc"]:
            with open(path, encoding="utf-8") as file:
                source += file.read()
        words = set(re.findall(r'add_subcommand\("([a-z-]+)"', source)) | set(re.findall(r'"([a-z-]+)"', source))
        for path in glob.glob("deploy/runbooks/*.md"):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for command in re.findall(r"(?:^|[`\s;|])ruraledu ((?:[a-z][a-z-]* ?)+)", text, re.M):
                for word in command.split()[:1]:
                    with self.subTest(path=path, command=command):
                        self.assertIn(word, words)

    def test_only_metrics_of_the_golden_list(self):
        known = metrics.golden()
        recorded = set()
        for path in glob.glob("deploy/prometheus/rules/*.yml"):
            for group in load(path)["groups"]:
                for rule in group["rules"]:
                    recorded.add(rule["record"])
                    self.assertEqual(metrics.unknown(rule["expr"], known, set()), [], rule["record"])
        for path, rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertEqual(metrics.unknown(rule["expr"], known, recorded), [])
                self.assertTrue(metrics.names(rule["expr"]), "an alert looks at something")

    def test_unknown_metrics_and_labels_are_found(self):
        known = {"a_total": {"service"}, "b_seconds_bucket": {"service", "le"}}
        self.assertEqual(metrics.unknown('rate(a_total{service="x"}[5m])', known, set()), [])
        self.assertEqual(metrics.unknown("sum by (service) (c_total)", known, set()), ["c_total"])
        self.assertEqual(metrics.unknown('a_total{method="x"}', known, set()), ["a_total{method}"])
        self.assertEqual(metrics.unknown("sum by (method) (a_total)", known, set()), ["by (method)"])


if __name__ == "__main__":
    unittest.main()
