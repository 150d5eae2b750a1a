-- The database of `kmortem scan`, version 1 (PRAGMA user_version; application_id is 0x6b6d6f72).
-- An id is a hash of what it stands for, so the same thing has the same id in every database: two
-- databases are merged by putting their rows together. Times are seconds since 1970, UTC.

CREATE TABLE IF NOT EXISTS kernels (
  id       INTEGER PRIMARY KEY,   -- hash of build_id, or of release and version without one
  build_id TEXT,                  -- lower-case hexadecimal; NULL before 5.9 and without VMCOREINFO
  release  TEXT,                  -- uname -r
  version  TEXT                   -- uname -v
);

CREATE TABLE IF NOT EXISTS hosts (
  id   INTEGER PRIMARY KEY,       -- hash of name
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS dumps (
  id            INTEGER PRIMARY KEY,  -- hash of path
  path          TEXT NOT NULL UNIQUE,  -- or, with --redact, what stands for it
  size          INTEGER NOT NULL,     -- bytes, as packed
  mtime_ns      INTEGER NOT NULL,     -- nanoseconds since 1970
  tool          TEXT NOT NULL,        -- the kmortem that looked at it, and options that matter
  status        TEXT NOT NULL,        -- analysed, log-only, no-vmlinux, unreadable, timeout,
                                      -- out-of-memory, crashed
  reason        TEXT,                 -- one line for whatever is not "analysed"
  kernel_id     INTEGER REFERENCES kernels(id),
  host_id       INTEGER REFERENCES hosts(id),
  seen_at       INTEGER NOT NULL,     -- when the machine crashed; the file's time if not known
  panic         TEXT,                 -- the panic's message
  uptime_ms     INTEGER,
  format        TEXT,                 -- elf, kdump; log where only a log was saved
  present_bytes INTEGER,              -- physical memory that the dump holds
  report        TEXT,                 -- the JSON report, below the database's folder
  analysed_at   INTEGER NOT NULL,
  duration_ms   INTEGER NOT NULL,     -- by the clock
  memory_kb     INTEGER NOT NULL      -- largest resident set of its worker, mapped files included
);
CREATE INDEX IF NOT EXISTS dumps_by_kernel ON dumps(kernel_id);
CREATE INDEX IF NOT EXISTS dumps_by_host ON dumps(host_id);
CREATE INDEX IF NOT EXISTS dumps_by_time ON dumps(seen_at);

CREATE TABLE IF NOT EXISTS signatures (
  id        INTEGER PRIMARY KEY,  -- hash of signature
  signature TEXT NOT NULL UNIQUE, -- the same for the same bug, whatever boot, host or build
  rule      TEXT NOT NULL         -- docs/rules has a page for each
);

CREATE TABLE IF NOT EXISTS findings (
  dump_id        INTEGER NOT NULL REFERENCES dumps(id),
  number         INTEGER NOT NULL,  -- from 0, as in the report: the worst first
  signature_id   INTEGER NOT NULL REFERENCES signatures(id),
  severity       TEXT NOT NULL,     -- error, warning, note
  grade          TEXT NOT NULL,     -- proven, inferred, stale
  title          TEXT NOT NULL,
  locks          TEXT,              -- the locks' names, ", " between them
  consequence_of INTEGER,           -- number of the finding that this one follows from
  PRIMARY KEY (dump_id, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS findings_by_signature ON findings(signature_id);

-- A row a bug: how often, on how many hosts and kernels, since when.
CREATE VIEW IF NOT EXISTS bugs AS
SELECT s.signature, s.rule,
       CASE min(CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END)
         WHEN 0 THEN 'error' WHEN 1 THEN 'warning' ELSE 'note' END AS severity,
       min(f.title) AS title,
       count(DISTINCT d.id) AS dumps, count(DISTINCT d.host_id) AS hosts,
       count(DISTINCT d.kernel_id) AS kernels,
       min(d.seen_at) AS first_seen, max(d.seen_at) AS last_seen,
       min(f.consequence_of IS NOT NULL) AS only_consequence
FROM signatures s JOIN findings f ON f.signature_id = s.id JOIN dumps d ON d.id = f.dump_id
GROUP BY s.id;
