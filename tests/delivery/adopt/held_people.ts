/**
 * People that a project is to send, and the export of a far side that holds some of them already.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FakeApi } from "../../support/fake_api.ts";
import type { SyncProject } from "../../support/sync_project.ts";

/** Columns of `ROWS`. */
export const ROW_COLUMNS = ["id", "name", "age", "note"];
export const ROWS = [
  ["1", "'Ada'", "36", "NULL"],
  ["2", "'Bo'", "NULL", "''"],
  ["3", "'Cy'", "1.5", "'x, \"y\"'"],
  ["4", "'Di'", "4", "'z'"],
  ["5", "'Ed'", "5", "'w'"],
];
/** 1 to 3 are the same, 4 differs, 5 is not there, 9 is only there. */
export const HELD = `Age,id,name,Owner,note
36.0,1,Ada,me,
,2,Bo,me,
1.50,3,Cy,you,"x, ""y"""
4,4,Dee,,z
9,9,Zed,,z
`;

/** Tells what each change was, and sends it. */
export const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async (change) => {
    const { action, key, previous, changed } = change;
    await http.post(ORIGIN + "/" + action + "/" + key.id, { json: { previous, changed } });
  });
`;

/** Words of the command line. */
export function adopt(held: string): string[] {
  return ["--adopt", "sync.people", "--held", held];
}

/** What has arrived, sorted. */
export function pathsOf({ requests }: FakeApi): string[] {
  return requests.map(({ path }) => path).sort();
}

/** Nothing is recorded of any group. */
export function assertNothingRecorded({ project }: SyncProject): void {
  assert.deepEqual(project.rows("spoor.deliveries"), []);
  assert.deepEqual(
    project.rows(
      `SELECT name FROM sqlite_schema WHERE name IN ('spoor.accepted.sync.people', 'sync.people')`,
    ),
    [],
  );
}
