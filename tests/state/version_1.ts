/**
 * A state file as Spoor 0.1.0 left it (schema 1): a sync of three people that ended well, and a second
 * run that was killed after one group had failed and while another one's request was out.
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
  "/people/4": "a2eb0b8c074c3a7d41680dbf7e12563a",
  "/people/5": "eeef256e126635a596a6cacdfc4fb9cb",
} as const;

const ROWS = `
  INSERT INTO "spoor.meta" VALUES ('project_id', '934a8a8e-4cb7-4347-be7d-f0a044cae348');
  INSERT INTO "spoor.runs" VALUES
    (1, '2026-11-22T19:37:36.997Z', '2026-11-22T19:37:37.253Z', 'ok', '0.1.0', 'spoor run'),
    (2, '2026-11-22T19:37:37.361Z', NULL, 'running', '0.1.0', 'spoor run');
  INSERT INTO "spoor.steps" VALUES
    (1, 'raw.people', 'table', 'ok', 'first run', 3, 18.3,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (1, 'sync.people', 'tracked', 'ok', 'first run', 3, 234.9,
      3, 0, 0, 0, 3, 0, 0, 0, 3, 3, 0, 0, NULL),
    (2, 'raw.people', 'table', 'ok', 'definition changed', 5, 6.8,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO "spoor.models" VALUES
    ('raw.people', 'table', '0831c23f8e0134f1ecefc53880d8dc70', '{}', 2, 5, 0, 2),
    ('sync.people', 'tracked', 'd9764481dc3889aa86c777d8f09fefd8', '{"raw.people":1}', 2, 3, 2, 1);
  INSERT INTO "spoor.accepted_columns" VALUES (1, 'sync.people', '["id","name"]');
  INSERT INTO "spoor.ledger" VALUES
    (4, 'sync.people', '[4]', '1:2e1ad4802c27c0a0575d7d68275df2a9', 'failed', 0, 1, 2,
      'POST http://127.0.0.1:41805/people/4 answered 400'),
    (5, 'sync.people', '[5]', '1:7bfe7f364d1f400a09a03528bd806bbc', 'sent', 0, 1, 2, NULL);
  INSERT INTO "spoor.requests" VALUES
    (1, 1, 'sync.people', '2026-11-22T19:37:37.159Z', 'POST', 'http://127.0.0.1:41805/people/1', 200,
      NULL, 1, 18.4, 'a9a1290894c4bd79ed17150911ad5bb6'),
    (2, 1, 'sync.people', '2026-11-22T19:37:37.231Z', 'POST', 'http://127.0.0.1:41805/people/2', 200,
      NULL, 1, 2.8, 'dff4f732eac43c952d6f0f1e466dde62'),
    (3, 1, 'sync.people', '2026-11-22T19:37:37.239Z', 'POST', 'http://127.0.0.1:41805/people/3', 200,
      NULL, 1, 2, '4b4460312670103c8b8c25ff51bbe8c4'),
    (4, 2, 'sync.people', '2026-11-22T19:37:37.496Z', 'POST', 'http://127.0.0.1:41805/people/4', 400,
      NULL, 1, 10.7, 'a2eb0b8c074c3a7d41680dbf7e12563a');

  CREATE TABLE "spoor.accepted.sync.people" ("id", "name", _spoor_ordinal INTEGER,
    _spoor_copies INTEGER, _spoor_token INTEGER, _spoor_columns INTEGER,
    PRIMARY KEY ("id", _spoor_ordinal)) WITHOUT ROWID;
  INSERT INTO "spoor.accepted.sync.people" VALUES
    (1, 'Ada', 0, 1, 82171834222228, 1),
    (2, 'Ada', 0, 1, 129622934480046, 1),
    (3, 'Ada', 0, 1, 94581422541402, 1);
  CREATE TABLE "sync.people" ("id", "name", _content_hash TEXT NOT NULL);
  CREATE INDEX "spoor.key.sync.people.id" ON "sync.people" ("id");
  INSERT INTO "sync.people" VALUES
    (1, 'Ada', '1:0b7a4653a61a24007ed603ccd49331a3'),
    (2, 'Ada', '1:561fde016514c6d809b06ff04712a188'),
    (3, 'Ada', '1:d717269e398987cdd0693d0d97bc4988');
  CREATE TABLE "raw.people"(id,name);
  INSERT INTO "raw.people" VALUES (1, 'Ada'), (2, 'Ada'), (3, 'Ada'), (4, 'Ada'), (5, 'Ada');
`;

/** Enough history for a migration to take some time. */
const HISTORY = `
  WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO "spoor.requests" (id, run_id, model, at, method, url, attempts, elapsed_ms)
  SELECT i, 1, 'sync.people', '2026-11-22T19:37:37.159Z', 'POST', 'http://127.0.0.1/', 1, 2 FROM n;
`;

/** Writes the file, and the folder that it lies in. */
export function writeVersion1(path: string, { hasHistory = false } = {}): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode=WAL; BEGIN; ${MIGRATIONS[0]} ${ROWS} ${hasHistory ? HISTORY : ""}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1; COMMIT;`);
}
