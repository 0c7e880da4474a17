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

/** Sets the authorizer of a connection, or takes it off. */
export function setAuthorizer(db: DatabaseSync, authorizer: Authorizer | null): void {
  (db as unknown as { setAuthorizer(authorizer: Authorizer | null): void }).setAuthorizer(
    authorizer,
  );
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
