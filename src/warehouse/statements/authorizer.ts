/**
 * SQLite's authorizer, which the types of `node:sqlite` in Deno lack.
 * https://www.sqlite.org/c3ref/set_authorizer.html
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** Asked for each thing that a statement would do, while it is prepared. Returns an SQLite code. */
export type Authorizer = (
  action: number,
  first: string | null,
  second: string | null,
  database: string | null,
  /** The innermost view or trigger through which it is done. */
  through: string | null,
) => number;

const CURRENT = new WeakMap<DatabaseSync, { authorizer: Authorizer | undefined }>();

/**
 * Runs `work` under an authorizer. Does nothing of the kind on Deno 2.6, which has none.
 *
 * SQLite's own is set once a connection and asks the current one: setting it expires every prepared
 * statement, which made a first run of 1,000 models a third slower.
 */
export function underAuthorizer<T>(db: DatabaseSync, authorizer: Authorizer, work: () => T): T {
  let current = CURRENT.get(db);
  if (!current) CURRENT.set(db, current = install(db));
  current.authorizer = authorizer;
  try {
    return work();
  } finally {
    current.authorizer = undefined;
  }
}

function install(db: DatabaseSync): { authorizer: Authorizer | undefined } {
  const current: { authorizer: Authorizer | undefined } = { authorizer: undefined };
  const { setAuthorizer } = db as unknown as { setAuthorizer?: (authorizer: Authorizer) => void };
  setAuthorizer?.call(db, (...action) => current.authorizer?.(...action) ?? AuthorizerCode.ok);
  return current;
}

/** Codes of actions and answers. https://www.sqlite.org/c3ref/c_alter_table.html */
export const AuthorizerCode = {
  ok: 0,
  deny: 1,
  read: 20,
  select: 21,
  function: 31,
  recursive: 33,
} as const;
