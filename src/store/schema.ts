/**
 * The state file's own tables. They live in the user's SQLite file beside the models' targets,
 * under the reserved schema `spoor`, so that `spoor query "SELECT * FROM spoor.runs"` works.
 *
 * `PRAGMA application_id` says that a file is Spoor's, `PRAGMA user_version` which schema it has.
 * Migrations only run forward; a file from a newer Spoor is refused untouched.
 *
 * @module
 */

/** ASCII "Spor", in `PRAGMA application_id`. */
export const APPLICATION_ID = 0x53706f72;

/** Migration `i` takes a file from version `i` to `i + 1`. Never edit one that was released. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE "spoor.meta" (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE "spoor.runs" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    -- running | ok | failed | cancelled; a 'running' row of a dead process becomes 'died'
    status TEXT NOT NULL,
    spoor_version TEXT NOT NULL,
    command TEXT NOT NULL
  );

  -- One model in one run: what the run's line said, kept.
  CREATE TABLE "spoor.steps" (
    run_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    rows INTEGER,
    elapsed_ms REAL NOT NULL,
    groups_new INTEGER, groups_changed INTEGER, groups_unchanged INTEGER, groups_removed INTEGER,
    groups_saved INTEGER, groups_failed INTEGER, groups_unknown INTEGER, groups_left INTEGER,
    requests_sent INTEGER, requests_accepted INTEGER, requests_refused INTEGER, requests_retries INTEGER,
    error TEXT, -- JSON of ErrorReport
    PRIMARY KEY (run_id, model)
  ) WITHOUT ROWID;
  CREATE INDEX "spoor.steps_by_model" ON "spoor.steps" (model, run_id);

  -- The last success of each model: what skipping is decided by.
  CREATE TABLE "spoor.models" (
    model TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- JSON: table read → its data version then
    inputs TEXT NOT NULL,
    -- of its own target; moves only when the content moved
    data_version INTEGER NOT NULL,
    rows INTEGER,
    -- groups that wait to be sent, or failed, after the last run
    waiting INTEGER NOT NULL DEFAULT 0,
    last_success_run INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- Files that a source or an inbound model has read, as they were then.
  CREATE TABLE "spoor.files" (
    model TEXT NOT NULL,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_ms REAL NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (model, path)
  ) WITHOUT ROWID;

  -- Sets of source columns under which groups were accepted; rows of spoor.accepted.* name one.
  CREATE TABLE "spoor.accepted_columns" (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    columns TEXT NOT NULL, -- JSON, sorted by name
    UNIQUE (model, columns)
  );

  -- Changes whose request is out or was out and is not acknowledged: written before the first byte
  -- leaves, removed by the acknowledgement. The id is the change's identity in Idempotency-Keys.
  CREATE TABLE "spoor.ledger" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    group_key TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    -- sent: a request is out, its end unknown; failed: answered and not accepted
    state TEXT NOT NULL,
    -- id of the first change of the batch that went out together; 0: on its own
    batch INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 1,
    run_id INTEGER NOT NULL,
    error TEXT,
    UNIQUE (model, group_key)
  );

  -- Every request of every run, without bodies.
  CREATE TABLE "spoor.requests" (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    at TEXT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    attempts INTEGER NOT NULL,
    elapsed_ms REAL NOT NULL,
    idempotency_key TEXT
  );
  CREATE INDEX "spoor.requests_by_run" ON "spoor.requests" (run_id, model);

  -- What was found by parsing a TypeScript file, by the hash of its text: parsing is slow.
  CREATE TABLE "spoor.module_analyses" (content_hash TEXT PRIMARY KEY, analysis TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  -- sent: a request is out; unknown: it was, and no answer is known; failed: answered and not
  -- accepted, comes again; rejected: refused for good; settled: a person says that it was sent.
  -- Parked ones (every rejected one among them) come again when their content changes or on "retry".
  ALTER TABLE "spoor.ledger" ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
  -- create | update | remove
  ALTER TABLE "spoor.ledger" ADD COLUMN action TEXT NOT NULL DEFAULT 'update';
  ALTER TABLE "spoor.ledger" ADD COLUMN at TEXT;
  -- Its place in its batch: a repeated batch has the same order, and so the same key and body.
  ALTER TABLE "spoor.ledger" ADD COLUMN place INTEGER NOT NULL DEFAULT 0;

  -- How each change of a group ended, try after try; what "spoor why" tells. Never pruned.
  CREATE TABLE "spoor.deliveries" (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    group_key TEXT NOT NULL,
    -- id that the change had in the ledger; 0 where it never was there
    change_id INTEGER NOT NULL,
    batch INTEGER NOT NULL DEFAULT 0,
    action TEXT NOT NULL,
    -- accepted | rejected | failed | unknown | adopted | settled (by a person) | retried
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    changed TEXT, -- JSON: column -> [old, new]; of a group of one row that was there before
    error TEXT
  );
  CREATE INDEX "spoor.deliveries_by_group" ON "spoor.deliveries" (model, group_key, id);

  -- The change that a request is about, or the last one of its batch.
  ALTER TABLE "spoor.requests" ADD COLUMN change_id INTEGER;
  CREATE INDEX "spoor.requests_by_change" ON "spoor.requests" (change_id) WHERE change_id IS NOT NULL;
  -- What was sent and answered, masked and cut; only the newest are kept.
  CREATE TABLE "spoor.request_bodies" (request_id INTEGER PRIMARY KEY, request TEXT, response TEXT);

  ALTER TABLE "spoor.steps" ADD COLUMN groups_rejected INTEGER;
  ALTER TABLE "spoor.steps" ADD COLUMN groups_parked INTEGER;

  -- Requests that a rate limit has let through, while they still count.
  CREATE TABLE "spoor.rate_grants" (name TEXT NOT NULL, at_ms INTEGER NOT NULL);
  CREATE INDEX "spoor.rate_grants_by_name" ON "spoor.rate_grants" (name, at_ms);

  -- OAuth tokens, encrypted.
  CREATE TABLE "spoor.tokens" (name TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  -- Groups that a run has found to be new, changed or removed and has not begun: each leaves when its first
  -- request is to leave, or it ends without one. What a run did not reach stays until the next one looks again.
  CREATE TABLE "spoor.pending" (
    model TEXT NOT NULL,
    -- in the order in which they are given to the model, from 1
    number INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    -- create | update | remove
    action TEXT NOT NULL,
    group_key TEXT NOT NULL,
    PRIMARY KEY (model, number)
  ) WITHOUT ROWID;

  -- Every group that is not accepted, each with its one state.
  CREATE VIEW "spoor.changes" AS
    SELECT model, group_key, state, action, parked, attempts, run_id, at, error FROM "spoor.ledger"
    UNION ALL
    SELECT model, group_key, 'pending', action, 0, 0, run_id, NULL, NULL FROM "spoor.pending";

  -- Beside what the state says of this change: whether a try that was not accepted may have done something.
  ALTER TABLE "spoor.ledger" ADD COLUMN moved INTEGER NOT NULL DEFAULT 1;
  -- What was accepted of these is in doubt already, if there was any.
  UPDATE "spoor.ledger" SET moved = 0 WHERE state = 'rejected';
  `,
];
