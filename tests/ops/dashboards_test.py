#!/usr/bin/env python3
"""Grafana dashboards: every query parses in a real Prometheus and uses only metrics that the suite exposes.

Run from the source directory: python3 tests/ops/dashboards_test.py
"""
import glob
import json
import re
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

import metrics


def dashboards():
    for path in sorted(glob.glob("deploy/grafana/dashboards/*.json")):
        with open(path, encoding="utf-8") as file:
            yield path, json.load(file)


def queries():
    """(where, PromQL with Grafana's variables filled in)."""
    for path, board in dashboards():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{path}: {panel['title']}", filled(target["expr"])
        for variable in board["templating"]["list"]:
            found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", ""))
            if found:
                yield f"{path}: variable {variable['name']}", filled(found.group(1))


def filled(expr):
    return re.sub(r"\$\w+", lambda word: "5m" if word.group() == "$__rate_interval" else "x", expr)


class Prometheus:
    """A real server on a free port; another process may take the port meanwhile, then it is tried again."""

    def __enter__(self):
        for _ in range(10):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            self.folder = tempfile.TemporaryDirectory()
            config = self.folder.name + "/prometheus.yml"
            with open(config, "w", encoding="utf-8") as file:
                file.write("scrape_configs: []\n")
            self.process = subprocess.Popen(
                ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + self.folder.name + "/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"])
            end = time.monotonic() + 60
            while self.process.poll() is None and time.monotonic() < end:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).read()
                    return self
                except OSError:
                    time.sleep(0.05)
            self.__exit__()
        raise RuntimeError("Prometheus does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def problem(self, expr):
        """None when the server can evaluate it."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expr})
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return None if json.load(answer)["status"] == "success" else "no success"
        except urllib.error.HTTPError as error:
            return json.load(error)["error"]


class Dashboards(unittest.TestCase):
    def test_queries_are_understood(self):
        self.assertGreater(len(list(queries())), 50)
        with Prometheus() as prometheus:
            self.assertIsNotNone(prometheus.problem("sum(rate(x[5m])"), "a wrong query is found")
            for where, expr in queries():
                with self.subTest(where):
                    self.assertIsNone(prometheus.problem(expr), expr)

    def test_only_metrics_of_the_golden_list(self):
        recorded = set()
        for path in glob.glob("deploy/prometheus/rules/*.yml"):
            with open(path, encoding="utf-8") as file:
                recorded |= {rule["record"] for group in yaml.safe_load(file)["groups"] for rule in group["rules"]}
        known = metrics.golden()
        for where, expr in queries():
            with self.subTest(where):
                self.assertEqual(metrics.unknown(expr, known, recorded), [], expr)

    def test_every_metric_is_shown_somewhere(self):
        """What nobody looks at and no alert reads is not worth its series."""
        text = "\n".join(expr for _, expr in queries())
        for path in glob.glob("deploy/alerts/*.yml") + glob.glob("deploy/prometheus/rules/*.yml"):
            with open(path, encoding="utf-8") as file:
                text += file.read()
        for name in metrics.golden():
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            with self.subTest(name):
                self.assertRegex(text, rf"\b{base}")

    def test_boards_are_complete(self):
        boards = dict(dashboards())
        self.assertEqual(len({board["uid"] for board in boards.values()}), len(boards))
        for path, board in boards.items():
            with self.subTest(path):
                self.assertTrue(path.endswith(board["uid"] + ".json"))
                self.assertEqual(board["timezone"], "Asia/Shanghai")
                places = set()
                for panel in board["panels"]:
                    self.assertRegex(panel["title"], "[\u4e00-\u9fff]|^CPU$", "a Chinese title beside the English one")
                    at = panel["gridPos"]
                    self.assertLessEqual(at["x"] + at["w"], 24)
                    cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                    self.assertFalse(places & cells, panel["title"] + " lies over another panel")
                    places |= cells

    def test_provisioning_finds_them(self):
        with open("deploy/grafana/provisioning/dashboards/ruraledu.yml", encoding="utf-8") as file:
            self.assertEqual(yaml.safe_load(file)["providers"][0]["type"], "file")
        with open("deploy/grafana/provisioning/datasources/ruraledu.yml", encoding="utf-8") as file:
            self.assertEqual(yaml.safe_load(file)["datasources"][0]["type"], "prometheus")


if __name__ == "__main__":
    unittest.main()
