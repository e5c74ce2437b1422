"""The databases that a warehouse source loads into, as tests look at them."""

import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile

RECIPE = pathlib.Path(__file__).with_name("postgres.sh")


ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(value):
    """A field of COPY's text format."""
    if value == "\\N":
        return None
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), value)


def has_postgres():
    return subprocess.run([RECIPE, "programs"], check=False, stdout=subprocess.DEVNULL).returncode == 0


class Postgres:
    """A server in a temporary folder; see postgres.sh."""

    dialect = "postgresql"

    def __init__(self, *settings):
        self.folder = tempfile.mkdtemp(prefix="segrid_pg_")
        self.settings = settings
        self.programs = pathlib.Path(self._recipe("programs").strip())
        self._recipe("make", self.folder)
        self.start()

    def _recipe(self, verb, *arguments):
        # Into files, because the server keeps what it inherits open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([RECIPE, verb, *arguments], check=False, stdout=output, stderr=subprocess.STDOUT)
            output.seek(0)
            text = output.read()
        if done.returncode != 0:
            raise AssertionError(f"{verb} {arguments}: {text}")
        return text

    def start(self):
        self._recipe("start", self.folder, *self.settings)

    def stop(self, mode="fast"):
        self._recipe("stop", self.folder, mode)

    def kill(self):
        self._recipe("kill", self.folder)

    def close(self):
        if (pathlib.Path(self.folder) / "data/postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, role="segrid", database="postgres"):
        return f"postgresql://{role}@{self.folder.replace('/', '%2F')}/{database}"

    def psql(self, sql, role="segrid"):
        """What psql prints of statements."""
        done = subprocess.run([self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", role,
                               "-d", "postgres", "-f", "-"], input=sql.encode(), check=False, capture_output=True, cwd="/")
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode()

    def query(self, sql, begin="", end=""):
        """Names of columns, and rows of texts; None: NULL."""
        lines = self.psql(f"{begin} COPY ({sql}) TO STDOUT (HEADER); {end}").removesuffix("\n").split("\n")
        rows = [[unescaped(value) for value in line.split("\t")] for line in lines]
        return rows[0], rows[1:]

    def snapshot(self, sql):
        """The rows of a statement in a REPEATABLE READ transaction, or an error."""
        return self.query(sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", "COMMIT;")[1]

    def make_standby(self):
        """Another server, that follows this one; promote() makes it a server of its own."""
        standby = Postgres.__new__(Postgres)
        standby.folder = tempfile.mkdtemp(prefix="segrid_pg_")
        standby.settings, standby.programs = self.settings, self.programs
        shutil.chown(standby.folder, pathlib.Path(self.folder).owner(), pathlib.Path(self.folder).group())
        standby.follow(self)
        return standby

    def follow(self, primary):
        self._recipe("run", self.folder, "pg_basebackup", "-D", f"{self.folder}/data", "-h", primary.folder, "-U", "segrid", "-R",
                     "-X", "stream", "-c", "fast", "--no-sync")
        self.start()

    def promote(self):
        self._recipe("run", self.folder, "pg_ctl", "promote", "-D", f"{self.folder}/data", "-w")


class Sqlite:
    """The file, attached under a schema's name, so that the same statements fit."""

    dialect = "sqlite"

    def __init__(self, path, schema="mail_events"):
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.connection.execute(f"ATTACH ? AS {schema}", (str(path),))

    def query(self, sql):
        found = self.connection.execute(sql)
        return [column[0] for column in found.description or ()], [list(row) for row in found]

    def close(self):
        self.connection.close()


PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/warehouse.md"
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def sections_of_the_page():
    """Number, title and text of each query of docs/warehouse.md."""
    return re.findall(r"^### (\d+)\. (.*?)\n(.*?)(?=^### |\Z)", PAGE.read_text(encoding="utf-8"), re.S | re.M)


def query_in(section, dialect):
    """The section's query in a dialect; most are one for both."""
    written = re.findall(r"```sql\n(.*?)```", section, re.S)
    marked = [block for block in written if block.startswith(f"-- {NAMES[dialect]}\n")]
    return (marked or written)[0]


def queries_of_the_page(dialect):
    return [(number, title, query_in(text, dialect)) for number, title, text in sections_of_the_page()]
