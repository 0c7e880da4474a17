/**
 * A state file of schema 2: a sync of three people that ended well, and a second run that had sent a
 * changed one, was refused another one, and was killed while the request of a third was out. The one that
 * was refused is to be tried again, as a person said.
 *
 * The rows are what that version wrote, and the keys are what its requests had.
 *
 * @module
 */
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, MIGRATIONS } from "~/store/schema.ts";

/** `Idempotency-Key`s of the two requests that were not acknowledged. */
export const OPEN_KEYS = {
  "/people/4": "d687a6b1c792075dc1c4d661113c1ce9",
  "/people/5": "7f2bfc1b9bae0da93d801304d27e845b",
} as const;

const JSON_HEADERS = `{"headers":{"content-type":"application/json"},`;

const ROWS = `
  INSERT INTO "spoor.meta" VALUES ('project_id', 'ca7c449f-f175-47a6-846e-6ff17c2f77e3');
  INSERT INTO "spoor.runs" VALUES
    (1, '2026-11-25T22:52:18.962Z', '2026-11-25T22:52:19.561Z', 'ok', '0.1.0', 'spoor run'),
    (2, '2026-11-25T22:52:19.855Z', NULL, 'running', '0.1.0', 'spoor run');
  INSERT INTO "spoor.steps" VALUES
    (1, 'raw.people', 'table', 'ok', 'first run', 3, 1.56, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (1, 'sync.people', 'tracked', 'ok', 'first run', 3, 571.45,
      3, 0, 0, 0, 3, 0, 0, 0, 3, 3, 0, 0, NULL, 0, 0),
    (2, 'raw.people', 'table', 'ok', 'definition changed', 5, 13.26, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO "spoor.models" VALUES
    ('raw.people', 'table', '009496091fb09640fe136a204212eb7b', '{}', 2, 5, 0, 2),
    ('sync.people', 'tracked', 'afea6d5b315369261ba196e0148d0a24', '{"raw.people":1}', 2, 3, 3, 1);
  INSERT INTO "spoor.accepted_columns" VALUES (1, 'sync.people', '["id","name"]');
  INSERT INTO "spoor.ledger" VALUES
    (5, 'sync.people', '[4]', '1:2e1ad4802c27c0a0575d7d68275df2a9', 'failed', 0, 0, 2,
      'POST http://127.0.0.1:37063/people/4 answered 400: {"error":"no"}', 0, 'create',
      '2026-11-25T22:52:21.538Z', 0),
    (6, 'sync.people', '[5]', '1:7bfe7f364d1f400a09a03528bd806bbc', 'sent', 0, 1, 2, NULL, 0, 'create',
      '2026-11-25T22:52:20.541Z', 0);
  INSERT INTO "spoor.requests" VALUES
    (1, 1, 'sync.people', '2026-11-25T22:52:19.242Z', 'POST', 'http://127.0.0.1:37063/people/1', 200, NULL,
      1, 48.202919, '615a0e52ec3b3a2bfd0f009261d48768', 1),
    (2, 1, 'sync.people', '2026-11-25T22:52:19.508Z', 'POST', 'http://127.0.0.1:37063/people/2', 200, NULL,
      1, 3.126863, '191fa88fc2706ec8c8b74215f7c02edd', 2),
    (3, 1, 'sync.people', '2026-11-25T22:52:19.517Z', 'POST', 'http://127.0.0.1:37063/people/3', 200, NULL,
      1, 2.439809, '269b960e47b81455f2f9b563aefacf5b', 3),
    (4, 2, 'sync.people', '2026-11-25T22:52:20.268Z', 'POST', 'http://127.0.0.1:37063/people/1', 200, NULL,
      1, 38.834867, 'f5041afa7f0130d98ff469789d6739e1', 4),
    (5, 2, 'sync.people', '2026-11-25T22:52:20.534Z', 'POST', 'http://127.0.0.1:37063/people/4', 400, NULL,
      1, 2.566205, 'd687a6b1c792075dc1c4d661113c1ce9', 5);
  INSERT INTO "spoor.request_bodies" VALUES
    (4, '${JSON_HEADERS}"body":"{\\"id\\":1,\\"name\\":\\"Eva\\"}"}', '${JSON_HEADERS}"body":"{}"}'),
    (5, '${JSON_HEADERS}"body":"{\\"id\\":4,\\"name\\":\\"Ada\\"}"}',
      '${JSON_HEADERS}"body":"{\\"error\\":\\"no\\"}"}');
  INSERT INTO "spoor.deliveries" VALUES
    (1, 1, 'sync.people', '[1]', 1, 0, 'create', 'accepted', '2026-11-25T22:52:19.500Z',
      '1:0b7a4653a61a24007ed603ccd49331a3', NULL, NULL),
    (2, 1, 'sync.people', '[2]', 2, 0, 'create', 'accepted', '2026-11-25T22:52:19.514Z',
      '1:561fde016514c6d809b06ff04712a188', NULL, NULL),
    (3, 1, 'sync.people', '[3]', 3, 0, 'create', 'accepted', '2026-11-25T22:52:19.526Z',
      '1:d717269e398987cdd0693d0d97bc4988', NULL, NULL),
    (4, 2, 'sync.people', '[1]', 4, 0, 'update', 'accepted', '2026-11-25T22:52:20.522Z',
      '1:7b7dfd0528299df64a449441f59f1dde', '{"name":["Ada","Eva"]}', NULL),
    (5, 2, 'sync.people', '[4]', 5, 0, 'create', 'failed', '2026-11-25T22:52:20.541Z',
      '1:2e1ad4802c27c0a0575d7d68275df2a9', NULL,
      'POST http://127.0.0.1:37063/people/4 answered 400: {"error":"no"}'),
    (6, 2, 'sync.people', '[4]', 5, 0, 'create', 'retried', '2026-11-25T22:52:21.538Z',
      '1:2e1ad4802c27c0a0575d7d68275df2a9', NULL, NULL);

  CREATE TABLE "spoor.accepted.sync.people" ("id" INTEGER PRIMARY KEY, _spoor_ordinal INTEGER,
    _spoor_copies INTEGER, _spoor_token INTEGER, _spoor_columns INTEGER, "name");
  INSERT INTO "spoor.accepted.sync.people" VALUES
    (1, 0, 1, 43507540285955, 1, 'Eva'),
    (2, 0, 1, 98299241348386, 1, 'Ada'),
    (3, 0, 1, 107086688786486, 1, 'Ada');
  CREATE TABLE "sync.people" ("id", "name", _content_hash TEXT NOT NULL);
  CREATE INDEX "spoor.key.sync.people.id" ON "sync.people" ("id");
  INSERT INTO "sync.people" VALUES
    (2, 'Ada', '1:561fde016514c6d809b06ff04712a188'),
    (3, 'Ada', '1:d717269e398987cdd0693d0d97bc4988'),
    (1, 'Eva', '1:7b7dfd0528299df64a449441f59f1dde');
  CREATE TABLE "raw.people"(id,name);
  INSERT INTO "raw.people" VALUES (1, 'Eva'), (2, 'Ada'), (3, 'Ada'), (4, 'Ada'), (5, 'Ada');
`;

/** Of other models: enough for a migration to take some time, and all that a record can have. */
const HISTORY = `
  CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    SELECT i, strftime('%Y-%m-%dT%H:%M:%fZ', 1764111138.962 + i / 999.0, 'unixepoch') AS at FROM n;
  INSERT INTO "spoor.requests"
  SELECT i, 1 + i % 3, 'sync.m' || i % 3, at, iif(i % 5, 'PUT', 'GET'), 'http://127.0.0.1/' || i % 100,
    iif(i % 7, 200 + i % 7, NULL), iif(i % 7, NULL, 'timed out'), 1 + i % 2, i / 10.0,
    iif(i % 5, lower(hex(randomblob(16))), NULL), iif(i % 5, i, NULL) FROM n;
  INSERT INTO "spoor.deliveries"
  SELECT i, 1 + i % 3, 'sync.m' || i % 3, iif(i % 11, '[' || i % 1000 || ',"x"]', '*'), i % 100000,
    iif(i % 13, 0, i + 3),
    CASE i % 3 WHEN 0 THEN 'create' WHEN 1 THEN 'update' ELSE 'remove' END,
    CASE i % 7 WHEN 0 THEN 'accepted' WHEN 1 THEN 'rejected' WHEN 2 THEN 'failed' WHEN 3 THEN 'unknown'
      WHEN 4 THEN 'adopted' WHEN 5 THEN 'settled' ELSE 'retried' END,
    at, iif(i % 17, '1:' || lower(hex(randomblob(16))), iif(i % 2, '', '1:none')),
    iif(i % 19, NULL, '{"name":["a","b"]}'), iif(i % 7, 'because', NULL) FROM n;
  DROP TABLE n;
`;

/** Writes the file, and the folder that it lies in. */
export function writeVersion2(path: string, { hasHistory = false } = {}): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode=WAL; BEGIN; ${MIGRATIONS[0]} ${MIGRATIONS[1]} ${ROWS}
    ${hasHistory ? HISTORY : ""}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 2; COMMIT;`);
}
