#!/usr/bin/env python3
"""Units, images and manifests: well-formed, hardened, in agreement with each other and with the configuration.

Run from the source directory: python3 tests/ops/manifests_test.py [built server]
The server, when given, is asked for its libraries: does deploy/container/runtime-packages name their packages?
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

SERVER = sys.argv.pop(1) if len(sys.argv) > 1 else None


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [one for one in yaml.safe_load_all(file) if one]


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def toml_value(path, section, key):
    inside = re.search(rf"^\[{section}\].*?(?=^\[|\Z)", text(path), re.M | re.S).group()
    return re.search(rf'^{key} = "([^"]*)"', inside, re.M).group(1)


class Systemd(unittest.TestCase):
    units = sorted(glob.glob("deploy/systemd/*.service"))

    def test_systemd_understands_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in self.units + glob.glob("deploy/systemd/*.timer"):
                # The programs need not be installed where this test runs.
                with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
                    file.write(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text(path), flags=re.M))
            copies = glob.glob(folder + "/*")
            done = run("systemd-analyze", "verify", *copies)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for copy in glob.glob(folder + "/*.service"):
                done = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", copy)
                self.assertEqual(done.returncode, 0, "exposure above 2.0:\n" + done.stdout)
            with open(folder + "/ruraledu-wrong.service", "w", encoding="utf-8") as file:
                file.write("[Service]\nExecStart=/bin/true\nMemoryMaximum=1G\nType=exact\n")
            self.assertNotEqual(run("systemd-analyze", "verify", folder + "/ruraledu-wrong.service").stderr, "")

    def test_every_unit_is_bounded_and_closed(self):
        self.assertEqual(len(self.units), 6)
        for path in self.units:
            with self.subTest(path):
                unit = text(path)
                for line in ("User=ruraledu", "NoNewPrivileges=yes", "ProtectSystem=strict", "LimitCORE=0", "UMask=0077"):
                    self.assertIn("\n" + line + "\n", unit)
                self.assertRegex(unit, r"\nMemoryMax=\d")
                self.assertRegex(unit, r"\nTasksMax=\d")
                if "Type=oneshot" not in unit:
                    self.assertRegex(unit, r"\nRestart=(on-failure|always)\n")

    def test_they_start_what_install_puts_there(self):
        with tempfile.TemporaryDirectory() as folder:
            build, root = folder + "/build", folder + "/root"
            for name in ("services/registry/registry_server", "services/student_aid/student_aid_server", "services/dropout_monitoring/dropout_monitoring_server",
                         "services/all_in_one/all_in_one_server", "services/cli/ruraledu", "common/ruraledu_xls"):
                os.makedirs(os.path.dirname(f"{build}/{name}"), exist_ok=True)
                with open(f"{build}/{name}", "w", encoding="utf-8") as file:
                    file.write("#!/bin/true\n")
            done = run("deploy/install.sh", build, root)
            self.assertEqual(done.returncode, 0, done.stderr)
            for path in self.units:
                command = re.search(r"^ExecStart=(.*)$", text(path), re.M).group(1).split()
                if not command[0].endswith("redis-server"):
                    self.assertTrue(os.access(root + command[0], os.X_OK), command[0])
                if "--config" in command:
                    self.assertTrue(os.path.exists(root + command[command.index("--config") + 1]), command)
                self.assertTrue(os.path.exists(root + "/usr/lib/systemd/system/" + os.path.basename(path)))
            filled = text(root + "/etc/ruraledu/all_in_one.toml")
            self.assertNotRegex(filled, "@[A-Z_]+@")
            folder_of_data = toml_value(root + "/etc/ruraledu/all_in_one.toml", "policies", "folder")
            self.assertTrue(os.path.exists(root + folder_of_data + "/roles.csv"), folder_of_data)
            with open(root + "/etc/ruraledu/all_in_one.toml", "a", encoding="utf-8") as file:
                file.write("# mine\n")
            self.assertEqual(run("deploy/install.sh", build, root).returncode, 0)
            self.assertIn("# mine", text(root + "/etc/ruraledu/all_in_one.toml"), "configuration is never overwritten")

    def test_redis_socket_is_the_one_of_the_configuration(self):
        socket = re.search(r"--unixsocket (\S+)", text("deploy/systemd/ruraledu-redis.service")).group(1)
        for path in ("deploy/config/student_aid.toml", "deploy/k8s/config/student_aid.toml",
                     "deploy/config/dropout_monitoring.toml", "deploy/k8s/config/dropout_monitoring.toml"):
            self.assertEqual(toml_value(path, "service", "redis"), "unix:" + socket)
        self.assertIn(f'"--unixsocket", "{socket}"', text("deploy/container/Dockerfile"))


class Container(unittest.TestCase):
    def test_dockerfile(self):
        lines = re.sub(r"\\\n", " ", text("deploy/container/Dockerfile")).splitlines()
        stages = [line.split() for line in lines if line.startswith("FROM ")]
        for stage in stages:
            self.assertRegex(stage[1], r"^debian:12(-slim)?$", "only Debian 12, with its version")
        for name in ("redis", "suite"):
            first = next(i for i, line in enumerate(lines) if re.match(rf"FROM \S+ AS {name}$", line))
            rest = [line for line in lines[first + 1:]]
            end = next((i for i, line in enumerate(rest) if line.startswith("FROM ")), len(rest))
            body = "\n".join(rest[:end])
            self.assertRegex(body, r"\nUSER 10001:10001")
            self.assertRegex(body, r"\nHEALTHCHECK ")
            self.assertRegex(body, r'\nENTRYPOINT \["/')
        self.assertNotRegex("\n".join(lines), r"\b(curl|wget|git clone|ADD http|pip|npm)\b", "nothing is fetched but packages")
        for source in re.findall(r"^COPY (?!--from)(\S+)", "\n".join(lines), re.M):
            self.assertTrue(os.path.exists(source), source)

    def test_compose(self):
        compose = documents("deploy/container/docker-compose.yml")[0]
        for name, service in compose["services"].items():
            with self.subTest(name):
                self.assertEqual(service["user"], "10001:10001")
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertIn("mem_limit", service)
                self.assertIn("pids_limit", service)
                self.assertRegex(service["image"], r":\d+\.\d+\.\d+$")
        for port in compose["services"]["suite"]["ports"]:
            if "9464" in port:
                self.assertTrue(port.startswith("127.0.0.1:"), "metrics stay inside")

    def test_runtime_packages(self):
        if SERVER is None:
            self.skipTest("no built server given")
        done = run("deploy/container/runtime-packages", SERVER)
        self.assertEqual(done.returncode, 0, done.stderr)
        packages = done.stdout.split()
        for expected in ("libgrpc++1.51", "libsqlite3-0", "libpq5", "libssl3", "libc6"):
            self.assertIn(expected, packages)

    def test_ready_script_tells_200_from_the_rest(self):
        import http.server
        import threading

        class Answer(http.server.BaseHTTPRequestHandler):
            code = 200

            def do_GET(self):
                self.send_response(self.code)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_address[1])
        self.assertEqual(run("deploy/container/ready", port).returncode, 0)
        Answer.code = 503
        self.assertNotEqual(run("deploy/container/ready", port).returncode, 0)
        server.shutdown()
        server.server_close()
        self.assertNotEqual(run("deploy/container/ready", port).returncode, 0)


class Kubernetes(unittest.TestCase):
    def setUp(self):
        self.kustomization = documents("deploy/k8s/kustomization.yml")[0]
        self.objects = [one for name in self.kustomization["resources"] for one in documents("deploy/k8s/" + name)]

    def of(self, kind):
        return {one["metadata"]["name"]: one for one in self.objects if one["kind"] == kind}

    def test_all_files_are_used(self):
        files = {os.path.basename(path) for path in glob.glob("deploy/k8s/*.yml")} - {"kustomization.yml"}
        self.assertEqual(files, set(self.kustomization["resources"]))
        for name in self.kustomization["configMapGenerator"][0]["files"]:
            self.assertTrue(os.path.exists("deploy/k8s/" + name))
        for one in self.objects:
            self.assertIn("apiVersion", one)
            self.assertIn("kind", one)

    def test_the_namespace_enforces_the_restricted_profile(self):
        labels = self.of("Namespace")["ruraledu"]["metadata"]["labels"]
        self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")

    def test_pods_are_closed_and_bounded(self):
        deployments = self.of("Deployment")
        self.assertEqual(set(deployments), {"dropout-monitoring", "registry", "student-aid"})
        for name, deployment in deployments.items():
            pod = deployment["spec"]["template"]["spec"]
            self.assertFalse(pod["automountServiceAccountToken"], name)
            self.assertTrue(pod["securityContext"]["runAsNonRoot"], name)
            self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", name)
            self.assertGreater(pod["terminationGracePeriodSeconds"], 25, "longer than the drain")
            self.assertNotIn("hostNetwork", pod)
            volumes = {volume["name"] for volume in pod["volumes"]}
            for container in pod["containers"] + pod["initContainers"]:
                with self.subTest(f"{name}/{container['name']}"):
                    context = container["securityContext"]
                    self.assertFalse(context["allowPrivilegeEscalation"])
                    self.assertTrue(context["readOnlyRootFilesystem"])
                    self.assertEqual(context["capabilities"]["drop"], ["ALL"])
                    for kind in ("requests", "limits"):
                        self.assertEqual(set(container["resources"][kind]), {"cpu", "memory"})
                    self.assertRegex(container["image"], r":\d+\.\d+\.\d+$", "a version, never latest")
                    self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
                    for variable in container.get("env", []):
                        self.assertNotRegex(variable["name"], "PASSWORD|SECRET|TOKEN", "secrets are files")
            for container in pod["containers"]:
                self.assertIn("livenessProbe", container)
                self.assertIn("readinessProbe", container)

    def test_probes_and_ports_are_those_of_the_configuration(self):
        for name, deployment in self.of("Deployment").items():
            main = deployment["spec"]["template"]["spec"]["containers"][0]
            config = "deploy/k8s/config/" + os.path.basename(main["args"][1])
            ports = {port["name"]: str(port["containerPort"]) for port in main["ports"]}
            self.assertEqual(toml_value(config, "server", "address").split(":")[1], ports["grpc"])
            self.assertEqual(toml_value(config, "admin", "address").split(":")[1], ports["admin"])
            for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz"), ("startupProbe", "/readyz")):
                self.assertEqual(main[probe]["httpGet"], {"path": path, "port": "admin"})
            self.assertEqual(str(self.of("Service")[name]["spec"]["ports"][0]["port"]), ports["grpc"])

    def test_what_runs_is_protected_and_found(self):
        for name, deployment in self.of("Deployment").items():
            labels = deployment["spec"]["template"]["metadata"]["labels"]
            for kind in ("PodDisruptionBudget", "NetworkPolicy", "Service"):
                spec = self.of(kind)[name]["spec"]
                selector = spec.get("podSelector", spec.get("selector"))
                selector = selector.get("matchLabels", selector)
                self.assertLessEqual(selector.items(), labels.items(), kind)
            self.assertGreaterEqual(deployment["spec"]["replicas"], 2)
            self.assertIn(deployment["spec"]["template"]["spec"]["serviceAccountName"], self.of("ServiceAccount"))

    def test_nothing_is_open_that_is_not_named(self):
        deny = self.of("NetworkPolicy")["deny-all"]["spec"]
        self.assertEqual((deny["podSelector"], sorted(deny["policyTypes"])), ({}, ["Egress", "Ingress"]))
        self.assertNotIn("ingress", deny)
        for name, policy in self.of("NetworkPolicy").items():
            for rule in policy["spec"].get("ingress", []) + policy["spec"].get("egress", []):
                self.assertTrue(rule.get("from") or rule.get("to"), name + ": to or from everywhere")
                self.assertTrue(rule.get("ports"), name + ": all ports")

    def test_keys_are_private_files(self):
        """A mounted secret is readable by its group, which the services refuse (FILE_MODE): an init container copies."""
        for name, deployment in self.of("Deployment").items():
            pod = deployment["spec"]["template"]["spec"]
            secret = next(volume for volume in pod["volumes"] if "secret" in volume)
            self.assertEqual(secret["secret"]["defaultMode"], 0o440, name)
            self.assertNotIn(secret["name"], [mount["name"] for mount in pod["containers"][0]["volumeMounts"]])
            script = pod["initContainers"][0]["command"][2]
            self.assertEqual(run("/bin/sh", "-n", "-c", script).returncode, 0)
            etc = next(volume for volume in pod["volumes"] if volume["name"] == "etc")
            self.assertEqual(etc["emptyDir"]["medium"], "Memory")


if __name__ == "__main__":
    unittest.main()
