/**
 * What state files of schema 3 and later have alike: a sync of three people that ended well, and a second run
 * that had sent a changed one, was refused another one, and was killed while the request of a third was out.
 * The one that was refused is to be tried again, as a person said.
 *
 * The rows are what version 3 wrote; what differs in a later file is given, and the keys are what its requests had.
 *
 * @module
 */
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, MIGRATIONS } from "~/store/schema.ts";

/** What one file has of its own. */
export interface VersionRows {
  version: number;
  projectId: string;
  /** `Idempotency-Key` of the changed one that was sent. */
  sentKey: string;
  /** Those of the two requests that were not acknowledged, by their paths. */
  openKeys: Readonly<Record<"/people/4" | "/people/5", string>>;
  /** The sending model's, by what that version made of its text. */
  fingerprint: string;
}

const VERSION_6: VersionRows = {
  version: 6,
  projectId: "b0c1f6de-52f3-4c0e-9a55-1f3f6f2b7c44",
  sentKey: "2de0f8e7f2a63e943fec4e479e534766",
  openKeys: {
    "/people/4": "5ae876c2e2ea03e4d8d210fdb4f81825",
    "/people/5": "03819752c2e469f912ae476184be3fab",
  },
  fingerprint: "d39834e1750078212696a19779637f26",
};

/** All of them. From version 4 on the keys are made of content too; version 7 has the rows of 6 and their keys. */
export const SINCE_3: readonly VersionRows[] = [
  {
    version: 3,
    projectId: "bbc1ed99-8afa-424c-8b1d-545857c8634a",
    sentKey: "13df2dc077461de237bc46a3898e1bc9",
    openKeys: {
      "/people/4": "f9c960327963c9f821cb120a4c0ff35c",
      "/people/5": "5f7da72f13016b5afb174edd0a1a3027",
    },
    fingerprint: "d4562fa1bfc0fce5c7459d8683dea774",
  },
  {
    version: 4,
    projectId: "6b789ee9-eaec-475f-8c22-541a82a6dc3d",
    sentKey: "4c2257173cfce9927e35a92cd795a292",
    openKeys: {
      "/people/4": "3893320f73473e10f75d025c60e5c242",
      "/people/5": "fa49185c931d0f4130b13f5a6b12372e",
    },
    fingerprint: "652fcb155409f523fd6f56cca34a6662",
  },
  {
    version: 5,
    projectId: "37a562a4-8a42-40a2-893c-9b5cb6f4aaad",
    sentKey: "4193f1e7b868aadc12c128314b46e7b6",
    openKeys: {
      "/people/4": "fcfcbdd4ca88e9617c40e28ccdd508e0",
      "/people/5": "5d2d3fe241a3e816b56a80a2bfc16efe",
    },
    fingerprint: "d39834e1750078212696a19779637f26",
  },
  VERSION_6,
  { ...VERSION_6, version: 7 },
];

const JSON_HEADERS = `{"headers":{"content-type":"application/json"},`;

const rowsOf = ({ projectId, sentKey, openKeys, fingerprint }: VersionRows) => `
  INSERT INTO "spoor.meta" VALUES ('project_id', '${projectId}');
  INSERT INTO "spoor.runs" VALUES
    (1, '2026-11-26T05:04:57.743Z', '2026-11-26T05:04:58.745Z', 'ok', '0.1.0', 'spoor run'),
    (2, '2026-11-26T05:04:59.066Z', NULL, 'running', '0.1.0', 'spoor run');
  INSERT INTO "spoor.steps" VALUES
    (1, 'raw.people', 'table', 'ok', 'first run', 3, 6.58, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (1, 'sync.people', 'tracked', 'ok', 'first run', 3, 915.53,
      3, 0, 0, 0, 3, 0, 0, 0, 3, 3, 0, 0, NULL, 0, 0),
    (2, 'raw.people', 'table', 'ok', 'definition changed', 5, 5.39, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO "spoor.models" VALUES
    ('raw.people', 'table', '009496091fb09640fe136a204212eb7b', '{}', 2, 5, 0, 2),
    ('sync.people', 'tracked', '${fingerprint}', '{"raw.people":1}', 2, 3, 3, 1);
  INSERT INTO "spoor.accepted_columns" VALUES (1, 'sync.people', '["id","name"]');
  INSERT INTO "spoor.ledger" (id, model, group_key, content_hash, state, batch, attempts, run_id, error,
    parked, action, at, place, moved) VALUES
    (5, 'sync.people', '[4]', '1:2e1ad4802c27c0a0575d7d68275df2a9', 'failed', 0, 0, 2,
      'POST http://127.0.0.1:34593/people/4 answered 400: {"error":"no"}', 0, 'create',
      '2026-11-26T05:04:59.621Z', 0, 0),
    (6, 'sync.people', '[5]', '1:7bfe7f364d1f400a09a03528bd806bbc', 'sent', 0, 1, 2, NULL, 0, 'create',
      '2026-11-26T05:04:59.492Z', 0, 0);
  INSERT INTO "spoor.request_bodies" VALUES
    (4, '${JSON_HEADERS}"body":"{\\"id\\":1,\\"name\\":\\"Eva\\"}"}', '${JSON_HEADERS}"body":"{}"}',
      x'${sentKey}'),
    (5, '${JSON_HEADERS}"body":"{\\"id\\":4,\\"name\\":\\"Ada\\"}"}',
      '${JSON_HEADERS}"body":"{\\"error\\":\\"no\\"}"}', x'${openKeys["/people/4"]}');
  INSERT INTO "spoor.model_names" VALUES (1, 'sync.people');
  INSERT INTO "spoor.delivery_records" VALUES
    (1, '[1]', 1, 0, 0, 0, 1, 0, 927, x'0b7a4653a61a24007ed603ccd49331a3', NULL, NULL),
    (1, '[1]', 2, 0, 1, 0, 4, 0, 411, x'7b7dfd0528299df64a449441f59f1dde', '{"name":["Ada","Eva"]}', NULL),
    (1, '[2]', 1, 0, 0, 0, 2, 0, 961, x'561fde016514c6d809b06ff04712a188', NULL, NULL),
    (1, '[3]', 1, 0, 0, 0, 3, 0, 985, x'd717269e398987cdd0693d0d97bc4988', NULL, NULL),
    (1, '[4]', 2, 0, 0, 2, 5, 0, 426, x'2e1ad4802c27c0a0575d7d68275df2a9', NULL,
      'POST http://127.0.0.1:34593/people/4 answered 400: {"error":"no"}'),
    (1, '[4]', 2, 1, 0, 6, 5, 0, 555, x'2e1ad4802c27c0a0575d7d68275df2a9', NULL, NULL);
  INSERT INTO "spoor.request_kinds" VALUES
    (1, 1, 1, 'sync.people', 'POST', 'http://127.0.0.1:34593/people/1', 200, 1),
    (2, 1, 1, 'sync.people', 'POST', 'http://127.0.0.1:34593/people/', 200, 2),
    (3, 2, 1, 'sync.people', 'POST', 'http://127.0.0.1:34593/people/1', 200, 4),
    (4, 2, 1, 'sync.people', 'POST', 'http://127.0.0.1:34593/people/', 400, 5);
  INSERT INTO "spoor.request_records" VALUES
    (1, 1, 1, 725, 576, 1, '', NULL, NULL),
    (2, 2, 2, 951, 35, 1, '2', NULL, NULL),
    (3, 2, 3, 967, 58, 1, '3', NULL, NULL),
    (4, 3, 4, 338, 241, 1, '', NULL, NULL),
    (5, 4, 5, 417, 24, 1, '4', NULL, NULL);

  CREATE TABLE "spoor.accepted.sync.people" ("id" INTEGER PRIMARY KEY, _spoor_ordinal INTEGER AS (0),
    _spoor_copies INTEGER AS (1), _spoor_token INTEGER, _spoor_columns INTEGER, "name", _spoor_hash,
    _spoor_key AS ("id"));
  INSERT INTO "spoor.accepted.sync.people" (id, _spoor_token, _spoor_columns, name, _spoor_hash) VALUES
    (1, 85086862668301, 1, 'Eva', x'7b7dfd0528299df64a449441f59f1dde'),
    (2, 66987877272673, 1, 'Ada', x'561fde016514c6d809b06ff04712a188'),
    (3, 121723764658775, 1, 'Ada', x'd717269e398987cdd0693d0d97bc4988');
  CREATE VIEW "sync.people" AS SELECT a._spoor_key AS "id", a."name" AS "name",
    '1:' || lower(hex(a._spoor_hash)) AS _content_hash FROM "spoor.accepted.sync.people" AS a;
  CREATE TABLE "raw.people"(id,name);
  INSERT INTO "raw.people" VALUES (1, 'Eva'), (2, 'Ada'), (3, 'Ada'), (4, 'Ada'), (5, 'Ada');
`;

/** Of another model: what a record can have. */
const HISTORY = `
  CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    SELECT i FROM n;
  INSERT INTO "spoor.model_names" VALUES (2, 'sync.more');
  INSERT INTO "spoor.request_kinds" VALUES (5, 1, 2, NULL, 'PUT', 'http://127.0.0.1/', 200, 10);
  INSERT INTO "spoor.request_records"
  SELECT i, 5, i, i, i, 1 + i % 2, i % 100, iif(i % 7, NULL, 'timed out'), randomblob(16) FROM n;
  INSERT INTO "spoor.delivery_records"
  SELECT 2, iif(i % 11, '[' || i || ',"x"]', '*' || i), 1, 0, i % 3, i % 7, i, iif(i % 13, 0, i + 3), i,
    randomblob(16), iif(i % 19, NULL, '{"name":["a","b"]}'), iif(i % 7, 'because', NULL) FROM n;
  DROP TABLE n;
`;

/** Writes the file of a version, and the folder that it lies in. */
export function writeVersion(path: string, version: number, { hasHistory = false } = {}): void {
  const rows = SINCE_3.find((each) => each.version === version);
  if (!rows) throw new Error(`There are no rows of version ${version}`);
  Deno.mkdirSync(dirname(path), { recursive: true });
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode=WAL; BEGIN; ${MIGRATIONS.slice(0, version).join("\n")}
    ${rowsOf(rows)} ${hasHistory ? HISTORY : ""}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; COMMIT;`);
}
