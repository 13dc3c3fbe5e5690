#!/usr/bin/env -S python3 -B
"""The company that the load of bench/sipp calls: one trunk, 9000, 9001, 7000 and fifty agents on SIP phones.

  company.py make BINARY   through `perezvon admin` and the API of the running server at 127.0.0.1:8080
  company.py ready         every agent becomes ready
"""
import json
import os
import secrets
import subprocess
import sys
import urllib.request

API = "http://127.0.0.1:8080/api/v1"
AGENTS = 50
PHONES = "127.0.0.3:5070"
TRUNK = "127.0.0.2/32"
ADMIN = "admin@bench.example"


def ask(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
    return json.loads(text) if text else None


def agent(number):
    return f"agent{number:03d}@bench.example"


def password_file():
    return os.path.join(os.environ["PEREZVON_DATA"], "bench-password")


def sign_in(email):
    with open(password_file()) as file:
        return ask("POST", "/session", {"email": email, "password": file.read()})["token"]


def admin(binary, *words, password=""):
    done = subprocess.run([binary, "admin", *words], input=password, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"perezvon admin {words[0]}: {done.stderr}")
    return done.stdout.strip()


def make(binary):
    password = secrets.token_urlsafe(12)
    with open(os.open(password_file(), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(password)
    tenant = admin(binary, "tenant", "--name", "Bench")
    admin(binary, "user", "--tenant", tenant, "--email", ADMIN, "--name", "Bench", "--role", "admin", password=password)
    token = sign_in(ADMIN)

    trunk = {"key": "load", "name": "Load", "max_calls": 5_000, "sources": [TRUNK]}
    ask("POST", "/trunks", trunk, token)
    # Not recorded and without after-call work, as the queue of the peers.
    queue = {"key": "load", "name": "Load", "ring_timeout_s": 30, "wrap_up": {"mode": "none"}, "service_level_s": 20,
             "service_level_target": 80, "short_abandon_s": 5, "max_waiting": 1_000,
             "record": False, "required_skills": []}
    queue_id = ask("POST", "/queues", queue, token)["id"]
    phone = f"sip:phone@{PHONES}"
    flows = {
        "9000": {"type": "transfer", "to": phone, "on_fail": "bye"},
        "9001": {"type": "transfer", "to": phone, "record": True, "on_fail": "bye"},
        "7000": {"type": "queue", "queue": "load"},
    }
    for number, node in flows.items():
        nodes = {"start": node} | ({"bye": {"type": "hang_up"}} if "on_fail" in node else {})
        flow = {"key": f"to-{number}", "name": number, "json": json.dumps({"version": 1, "start": "start", "nodes": nodes})}
        flow_id = ask("POST", "/flows", flow, token)["id"]
        ask("POST", "/numbers", {"number": number, "flow": flow_id, "language": "en"}, token)
    for number in range(1, AGENTS + 1):
        user = {"email": agent(number), "name": f"Agent {number}", "role": "agent", "device": "phone",
                "phone_uri": f"sip:agent{number:03d}@{PHONES}", "queues": [queue_id], "skills": [], "password": password}
        ask("POST", "/users", user, token)


def ready():
    for number in range(1, AGENTS + 1):
        command = {"command": "set_presence", "presence": {"state": "ready"}}
        ask("POST", "/desk/command", command, sign_in(agent(number)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", binary]:
            make(binary)
        case ["ready"]:
            ready()
        case _:
            sys.exit(__doc__)
