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

  -- What is kept for ever of each delivery and request, in a third of the bytes: numbers for words,
  -- times since the run's start, 16 bytes for 32 digits, and once for many what they have in common.
  -- "spoor.deliveries" and "spoor.requests" are views of it, with the columns that people read.

  -- A renamed model keeps its id; so a name that was taken over has two.
  CREATE TABLE "spoor.model_names" (id INTEGER PRIMARY KEY, model TEXT NOT NULL);
  CREATE INDEX "spoor.model_names_by_name" ON "spoor.model_names" (model);
  INSERT INTO "spoor.model_names" (model) SELECT model FROM (
    SELECT DISTINCT model FROM "spoor.deliveries" UNION
    SELECT model FROM (SELECT DISTINCT run_id, model FROM "spoor.requests")
  ) ORDER BY model;

  -- Kept by group, which is how it is asked for: an index beside would hold each key again.
  CREATE TABLE "spoor.delivery_records" (
    model_id INTEGER NOT NULL,
    group_key TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    -- order of the group's records of this run
    nth INTEGER NOT NULL,
    -- 0 create | 1 update | 2 remove
    action INTEGER NOT NULL,
    -- 0 accepted | 1 rejected | 2 failed | 3 unknown | 4 adopted | 5 settled | 6 retried
    state INTEGER NOT NULL,
    change_id INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    -- since the run's start; since 1970 where there is no such run
    after_ms INTEGER,
    content_hash BLOB NOT NULL, -- without "1:"; as text where it is none of that kind
    changed TEXT,
    error TEXT,
    PRIMARY KEY (model_id, group_key, run_id, nth)
  ) WITHOUT ROWID;
  INSERT INTO "spoor.delivery_records"
  SELECT m.id, d.group_key, d.run_id, d.id,
    CASE d.action WHEN 'create' THEN 0 WHEN 'update' THEN 1 ELSE 2 END,
    CASE d.state WHEN 'accepted' THEN 0 WHEN 'rejected' THEN 1 WHEN 'failed' THEN 2
      WHEN 'unknown' THEN 3 WHEN 'adopted' THEN 4 WHEN 'settled' THEN 5 ELSE 6 END,
    d.change_id, d.batch,
    CAST(round((unixepoch(d.at, 'subsec') - coalesce(unixepoch(r.started_at, 'subsec'), 0)) * 1000) AS INTEGER),
    CASE WHEN d.content_hash LIKE '1:%' AND length(d.content_hash) = 34
      THEN coalesce(unhex(substr(d.content_hash, 3)), d.content_hash) ELSE d.content_hash END,
    d.changed, d.error
  FROM "spoor.deliveries" AS d
    CROSS JOIN "spoor.model_names" AS m ON m.model = d.model
    LEFT JOIN "spoor.runs" AS r ON r.id = d.run_id
  ORDER BY d.model, d.group_key, d.id;
  DROP TABLE "spoor.deliveries";

  CREATE VIEW "spoor.deliveries" AS
  SELECT d.run_id, m.model, d.group_key, d.change_id, d.batch,
    CASE d.action WHEN 0 THEN 'create' WHEN 1 THEN 'update' ELSE 'remove' END AS action,
    CASE d.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'rejected' WHEN 2 THEN 'failed' WHEN 3 THEN 'unknown'
      WHEN 4 THEN 'adopted' WHEN 5 THEN 'settled' ELSE 'retried' END AS state,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(r.started_at, '1970-01-01'), (d.after_ms / 1000.0) || ' seconds') AS at,
    CASE typeof(d.content_hash) WHEN 'blob' THEN '1:' || lower(hex(d.content_hash)) ELSE d.content_hash END
      AS content_hash,
    d.changed, d.error
  FROM "spoor.delivery_records" AS d
    JOIN "spoor.model_names" AS m ON m.id = d.model_id
    LEFT JOIN "spoor.runs" AS r ON r.id = d.run_id;

  -- What requests of one model in one run have in common.
  CREATE TABLE "spoor.request_kinds" (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    model_id INTEGER NOT NULL,
    -- name of the model that the keys are made of; NULL: each request has its key beside it
    key_name TEXT,
    method TEXT NOT NULL,
    url TEXT NOT NULL, -- its beginning
    status INTEGER,
    -- the first request of this kind
    first_id INTEGER NOT NULL
  );
  CREATE INDEX "spoor.request_kinds_by_run" ON "spoor.request_kinds" (run_id, model_id);
  INSERT INTO "spoor.request_kinds" (run_id, model_id, method, url, status, first_id)
  SELECT q.run_id, m.id, q.method, '', q.status, min(q.id)
  FROM "spoor.requests" AS q CROSS JOIN "spoor.model_names" AS m ON m.model = q.model
  GROUP BY q.run_id, m.id, q.method, q.status ORDER BY 6;

  CREATE TABLE "spoor.request_records" (
    id INTEGER PRIMARY KEY,
    kind_id INTEGER NOT NULL,
    -- the change that it is about, or the last one of its batch
    change_id INTEGER,
    after_ms INTEGER,
    elapsed_tenths INTEGER NOT NULL, -- of a millisecond
    attempts INTEGER NOT NULL,
    url TEXT NOT NULL, -- what follows its beginning
    error TEXT,
    -- NULL where it can be made of the change, once its bodies are gone, or there is none
    idempotency_key BLOB
  );
  INSERT INTO "spoor.request_records"
  SELECT q.id, k.id, q.change_id,
    CAST(round((unixepoch(q.at, 'subsec') - coalesce(unixepoch(r.started_at, 'subsec'), 0)) * 1000) AS INTEGER),
    CAST(round(q.elapsed_ms * 10) AS INTEGER), q.attempts, q.url, q.error,
    coalesce(unhex(q.idempotency_key), q.idempotency_key)
  FROM "spoor.requests" AS q
    CROSS JOIN "spoor.model_names" AS m ON m.model = q.model
    CROSS JOIN "spoor.request_kinds" AS k
      ON k.run_id = q.run_id AND k.model_id = m.id AND k.method = q.method AND k.status IS q.status
    LEFT JOIN "spoor.runs" AS r ON r.id = q.run_id
  ORDER BY q.id;
  DROP TABLE "spoor.requests";
  CREATE INDEX "spoor.request_records_by_change" ON "spoor.request_records" (change_id)
    WHERE change_id IS NOT NULL;
  ALTER TABLE "spoor.request_bodies" ADD COLUMN idempotency_key BLOB;

  CREATE VIEW "spoor.requests" AS
  SELECT q.id, k.run_id, m.model,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(r.started_at, '1970-01-01'), (q.after_ms / 1000.0) || ' seconds') AS at,
    k.method, k.url || q.url AS url, k.status, q.error, q.attempts, q.elapsed_tenths / 10.0 AS elapsed_ms,
    CASE typeof(coalesce(q.idempotency_key, b.idempotency_key))
      WHEN 'blob' THEN lower(hex(coalesce(q.idempotency_key, b.idempotency_key)))
      ELSE q.idempotency_key END AS idempotency_key,
    q.change_id
  FROM "spoor.request_records" AS q
    -- Where one run is asked for, all before it need not be read.
    JOIN "spoor.request_kinds" AS k ON k.id = q.kind_id AND q.id >= k.first_id
    JOIN "spoor.model_names" AS m ON m.id = k.model_id
    LEFT JOIN "spoor.runs" AS r ON r.id = k.run_id
    LEFT JOIN "spoor.request_bodies" AS b ON b.request_id = q.id;
  `,
  `
  -- From this change on a key is made of the group and its content too, so that no other change has it where ids
  -- begin again: from a backup that is put back. Those from before keep theirs.
  INSERT INTO "spoor.meta"
  SELECT 'content_keys_from', coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'spoor.ledger'), 0) + 1;
  `,
  `
  -- Batches that went out again in parts: a group's record names the last part only that it was in.
  CREATE TABLE "spoor.batch_parts" (
    -- what its requests are recorded by: the id of a batch, below 0, or of a change that went out alone
    part INTEGER NOT NULL,
    -- a change keeps its id in later runs, and may be a part of other batches there
    run_id INTEGER NOT NULL,
    -- the batch that it was a part of, in the same run
    batch INTEGER NOT NULL,
    -- of how many that was
    groups INTEGER NOT NULL,
    PRIMARY KEY (part, run_id)
  ) WITHOUT ROWID;

  -- What a tracked model has that never delivered, it only keeps: no far side has accepted it.
  INSERT OR IGNORE INTO "spoor.meta"
  SELECT 'kept:' || model, '1' FROM "spoor.steps" AS s
  WHERE kind = 'tracked' AND status = 'ok' AND NOT EXISTS (
    SELECT 1 FROM "spoor.model_names" AS m JOIN "spoor.delivery_records" AS d ON d.model_id = m.id
    WHERE m.model = s.model)
  GROUP BY model HAVING count(groups_saved) = 0;
  `,
  `
  -- What the far side has of the group by a person's word, or by "verify": a content hash. It stands beside later
  -- tries as long as none but this one may have changed it; NULL: nobody said, or it is not known any more.
  ALTER TABLE "spoor.ledger" ADD COLUMN settled_hash TEXT;
  `,
  `
  -- By which batch a change that is not accepted went out last. Not of what is out: most of that is accepted soon.
  CREATE INDEX "spoor.ledger_by_batch" ON "spoor.ledger" (batch) WHERE batch < 0 AND state <> 'sent';
  `,
  `
  -- Writes that are out: there before they leave, gone when they have ended, be it well or not. What a run that died
  -- has left here is on record as its requests once the next run has begun.
  CREATE TABLE "spoor.open_requests" (
    model_id INTEGER NOT NULL,
    -- of the request, in its run
    number INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    -- the change that it is about, or the batch
    change_id INTEGER,
    at TEXT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL, -- JSON of headers and body, masked and cut
    PRIMARY KEY (model_id, number)
  ) WITHOUT ROWID;
  `,
];
