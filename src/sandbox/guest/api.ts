/**
 * What a model gets from `import … from "spoor"`.
 *
 * This file only declares: it is checked against what the guest worker really provides, and is
 * itself what `spoor init` gives to editors. It imports nothing, so that it stands alone.
 *
 * @module
 */

/** One SQL value. INTEGER is a number, or a bigint past 2^53; BLOB is a Uint8Array. */
export type Value = null | number | bigint | string | Uint8Array;

/**
 * A row as SQL gives it, by column. Fields are `any`, because the columns of a query are known
 * only when it runs: give `query` a type to have them checked.
 */
// deno-lint-ignore no-explicit-any -- see above
export type Row = Record<string, any>;

/**
 * A row to save. A boolean is saved as 0 or 1, a Date as ISO 8601 text in UTC, an object or array
 * as JSON text. `undefined`, NaN, Infinity and functions are errors that name the column, as is what
 * JSON has no place for in an object: write null where there is no value.
 */
export type RowToSave = object;

/** The rows of one `@unique_key` value: what is sent, saved and repeated as a whole. */
export interface Group<T = Row> {
  /** The key's columns. */
  readonly key: Readonly<Record<string, Value>>;
  readonly rows: T[];
}

/** How `each` and `batches` ended; all count groups. */
export interface Counts {
  saved: number;
  /** Refused by the far side for good, and parked until their content changes. */
  rejected: number;
  /** Recorded with their errors, shown by the run; they come again in the next one. */
  failed: number;
}

/** What a function given to `each` or `batches` may return. */
export type Saves = void | null | undefined | RowToSave | readonly RowToSave[];

/**
 * A group in what a function given to `batches` returns: its key's value where `@unique_key` is one
 * column, or an object with the key's columns, a row for instance.
 */
export type BatchKey = Value | boolean | Date | object;

/** What the far side took of a batch, and what not: for answers that tell it record by record. */
export interface BatchOutcome {
  /** Saved as they were read. */
  readonly accepted?: readonly BatchKey[];
  /**
   * Parked, as by `reject`. The reason may stand beside the key: `{ key, reason }`; where it has another name, that
   * is taken.
   */
  readonly rejected?: readonly (BatchKey | {
    readonly key: BatchKey;
    readonly reason?: string | Error;
  })[];
}

/**
 * The rows of a query. They are read while they are used, some thousand at a time, and once: keep
 * the array of `await` to go over them again.
 *
 * In a `tracked` model these are the rows of new and changed groups only. Leaving a loop early
 * leaves the rest for the next run.
 */
export interface Rows<T = Row> extends AsyncIterable<T>, PromiseLike<T[]> {
  /** Group after group. Where the model is not `tracked`, each row is a group. */
  groups(): AsyncIterable<Group<T>>;

  /**
   * Up to `size` groups at a time, never splitting one. Groups that went out together before a
   * crash come again exactly together.
   *
   * @param size Groups in a batch, at least 1.
   */
  batches(size: number): AsyncIterable<Group<T>[]>;

  /**
   * Runs a function for each batch, as many at once as `@concurrency` says, and goes on after
   * failures.
   *
   * - It returns nothing: all groups of the batch are saved as they were read.
   * - It returns rows: these are saved, by their key; a group without a row counts as failed.
   * - It returns `{ accepted, rejected }`, both by key: what was accepted is saved as it was read, what
   *   was rejected is parked, and a group in neither counts as failed.
   * - It throws an `HttpError` with a status of 400–499 (but 401, 407, 408 and 429): it is run again
   *   for each half of the batch, one after the other, until the group that is refused is alone. So a
   *   function that writes more than once must not throw such an error after a write was accepted. The same
   *   with a 500, at least once, where a group of the batch was refused in an earlier run: a record that
   *   breaks the far side does not hold up the others for ever.
   * - It throws otherwise, or a request of it was answered with 207 (Multi-Status) and it did not
   *   return `{ accepted, rejected }`, or with a success that says no in its body (see {@linkcode save}) which it
   *   has not read: all groups count as failed.
   *
   * A group that the function itself saves or rejects is done with: an error after that is told by the run,
   * and changes nothing of it. In a model that is not `tracked`
   * the first error ends it.
   *
   * @example
   * ```ts ignore
   * import { http, query } from "spoor";
   *
   * await query("SELECT id, email FROM mart.customers").batches(100, async (groups) => {
   *   await http.post("https://api.example.com/contacts/batch", {
   *     json: groups.flatMap((group) => group.rows),
   *   });
   * });
   * ```
   */
  batches(
    size: number,
    fn: (groups: Group<T>[]) => Saves | BatchOutcome | Promise<Saves | BatchOutcome>,
  ): Promise<Counts>;

  /**
   * Runs a function for each group, as many at once as `@concurrency` says, and goes on after
   * failures.
   *
   * - It returns nothing: the group is saved as it was read.
   * - It returns a row, or rows: these are saved; the key may be left out.
   * - It throws, or a request of it was answered with 207 (Multi-Status) and it returned nothing, or has not
   *   read that answer, or one that says no in its body (see {@linkcode save}): the group counts as failed and comes
   *   again in the next run.
   *
   * A group that the function itself saves or rejects is done with: an error after that is told by the run,
   * and changes nothing of it. In a model that is not `tracked`
   * the first error ends it.
   *
   * @example
   * ```ts ignore
   * import { http, query } from "spoor";
   *
   * await query("SELECT id, email FROM mart.customers").each(async (customer) => {
   *   const answer = await http.post("https://api.example.com/contacts", { json: customer });
   *   return { ...customer, remote_id: answer.json.id };
   * });
   * ```
   *
   * @param fn Given the group's first row, and the group. One that takes the row alone is not called for a group of
   * several rows, which counts as failed: the others would be saved without having been sent.
   */
  each(fn: (row: T, group: Group<T>) => Saves | Promise<Saves>): Promise<Counts>;
}

/** See {@linkcode query}. */
export interface Query {
  /** SQL with one `?` for each of `params`; names, as `:id`, are not taken. */
  <T = Row>(sql: string, params?: readonly unknown[]): Rows<T>;
  /** SQL whose `${…}` become parameters: values, never text of the statement. */
  <T = Row>(sql: TemplateStringsArray, ...params: readonly unknown[]): Rows<T>;
  /** The same, unfiltered in a `tracked` model: for look-ups. */
  all: {
    <T = Row>(sql: string, params?: readonly unknown[]): Rows<T>;
    <T = Row>(sql: TemplateStringsArray, ...params: readonly unknown[]): Rows<T>;
  };
}

/**
 * Reads rows by SQL. In a `tracked` model it gives only groups that are new or changed since they
 * were last saved, must select `@unique_key`, and can be used for one statement only.
 *
 * Each request belongs to the groups that it is about: of them its `Idempotency-Key` is made, and they are
 * what is known as sent if no answer comes. Inside of `each` and `batches` that is what the function was
 * given, and so it is in the functions that `map`, `flatMap` and `forEach` of the array of `await query(…)` call,
 * or of a part of it, cut off by `slice` or `filter`. In a `for await` it is the row, group or batch that was given
 * last.
 *
 * In a loop of your own, a write is also about the rows that its `json` or `form` holds just as they were
 * given, in lists or objects too: so a batch that you fill yourself goes out as one. In a `for await` that has come
 * to later rows meanwhile, copies are known by what only one of the rows in hand has: a key, a mail address, an id.
 * If it is killed, such a batch has the same key only if the same groups come together again: `batches` sees
 * to that.
 *
 * No more groups, or batches, are in flight than `@concurrency` says: a write about others waits for its turn.
 *
 * Any other write belongs to no group. It has another key in each run, and no run knows of the one before.
 * With `@delivery: at_most_once` it is refused while the model has an array with groups in it that are neither
 * saved nor rejected.
 * What is made once, such as the list that all are put into, goes before the query is read, or into the loop.
 *
 * @example
 * ```ts ignore
 * import { query, save } from "spoor";
 *
 * for await (const row of query`SELECT * FROM raw.orders WHERE year >= ${2024}`) {
 *   await save.row({ ...row, total: row.price * row.quantity });
 * }
 * ```
 */
export declare const query: Query;

/** A group that differs from what the far side accepted last. */
export interface Change<T = Row> {
  /** `remove`: the group left the query; it comes only where `@on_removed` says `deliver`. */
  readonly action: "create" | "update" | "remove";
  /** The key's columns. */
  readonly key: Readonly<Record<string, Value>>;
  /** As they are now; empty for `remove`. */
  readonly rows: T[];
  /**
   * As they were read when they were accepted last, with the columns that the query gave then; empty for
   * `create`, and for a `remove` of what may be there only because it is not known how its creation ended.
   */
  readonly previous: T[];
  /**
   * Names of the columns whose value differs between `previous` and `rows`, and of those that only one of them
   * has, whatever is in it: `rows` have no value of a column that the query does not give any more. For
   * `create` and `remove` all. What a try in between may have left at the far side, of which no answer came,
   * does not count: where that matters, send all columns.
   */
  readonly changed: readonly string[];
  /**
   * What the first write of this change has as its `Idempotency-Key`, for APIs that want it elsewhere. No other
   * change ever has it. In a loop of your own, a write that carries it is about this change.
   */
  readonly idempotencyKey: string;
  /**
   * Acknowledges the change; resolves when that is durable. After an answer that nobody read, and that may be a no,
   * it throws, as {@linkcode save} does.
   *
   * @param rows What is kept. @default the rows as they were read
   */
  save(rows?: RowToSave | readonly RowToSave[]): Promise<void>;
  /** See {@linkcode reject}. */
  reject(reason: string | Error): Promise<void>;
}

/**
 * A change whose request may have arrived, and no answer tells. Where `@delivery` is `at_most_once` such a
 * change is not sent again, until it is settled: by `spoor unknown settle`, or by the model itself, if it
 * exports `verify`. That is called once the model has come to its end, for each change that was so when the
 * model began, 1,000 in a run at most; what became so in this run is asked by the next one. It returns
 * `true`: the far side has it, the next run accepts it without a request; `false`: it has not, the next run
 * sends it with the same `Idempotency-Key`; or `undefined`: it cannot be told, and is asked again by the next
 * run. `spoor plan` and `spoor apply` do not call it, nor do runs with `--resend` or `--adopt` of the model.
 *
 * @example
 * ```typescript ignore
 * import { http, type Unsettled } from "spoor";
 *
 * export async function verify({ idempotencyKey }: Unsettled) {
 *   const { status } = await http.get(`https://api.example.com/mails/${idempotencyKey}`, {
 *     throwOnError: false,
 *   });
 *   if (status === 200) return true;
 *   if (status === 404) return false;
 * }
 * ```
 */
export interface Unsettled {
  readonly action: "create" | "update" | "remove";
  /** The key's columns. */
  readonly key: Readonly<Record<string, Value>>;
  /** What its first write had; undefined where that was a batch. */
  readonly idempotencyKey: string | undefined;
}

/** The changes of a query; they are read while they are used, and once. */
export interface Changes<T = Row> extends AsyncIterable<Change<T>>, PromiseLike<Change<T>[]> {
  /**
   * Runs a function for up to `size` changes at a time, as many batches at once as `@concurrency` says, and goes
   * on after failures: as {@linkcode Rows.batches} does, with all that is said there of what the function
   * returns and throws.
   *
   * - A batch holds changes as they come: removals, then creations and updates in the order of the query. What
   *   was out when Spoor was killed comes again first, exactly together. Where the API has a call for each
   *   action, split the batch by it, removals first, and save what one call took before you make the next: if
   *   that one is refused, only the others go out again.
   * - It returns nothing: all changes of the batch are acknowledged, their rows saved as they were read.
   * - It returns rows: these are saved, by their key. A removal has none: save it by its `save()`, or it counts
   *   as failed.
   *
   * Requests about a batch have keys of their own. The `idempotencyKey` of a change stays the same in whatever
   * batch it goes out, for APIs that take one with each record.
   *
   * @example What is gone goes out by another call than the rest
   * ```ts ignore
   * import { changes, http } from "spoor";
   *
   * const api = "https://api.example.com/contacts/batch";
   * const send = (path: string, items: unknown[]) => http.post(`${api}/${path}`, { json: items });
   *
   * await changes("SELECT id, email FROM mart.customers").batches(100, async (batch) => {
   *   const gone = batch.filter(({ action }) => action === "remove");
   *   const rest = batch.filter(({ action }) => action !== "remove");
   *   if (gone.length > 0) {
   *     await send("archive", gone.map(({ key }) => key));
   *     await Promise.all(gone.map((change) => change.save()));
   *   }
   *   if (rest.length > 0) await send("upsert", rest.flatMap(({ rows }) => rows));
   * });
   * ```
   *
   * Killed after a part of a batch was saved, the rest comes again as a batch: what was its second write may be
   * the first one then, with another key.
   *
   * @param size Changes in a batch, at least 1.
   */
  batches(
    size: number,
    fn: (changes: Change<T>[]) => Saves | BatchOutcome | Promise<Saves | BatchOutcome>,
  ): Promise<Counts>;

  /**
   * Runs a function for each change, as many at once as `@concurrency` says, and goes on after
   * failures.
   *
   * - It returns nothing: the change is acknowledged, the rows saved as they were read.
   * - It returns a row, or rows: these are saved; the key may be left out. Not for `remove`.
   * - It throws, or a request of it was answered with 207 (Multi-Status) and it returned nothing, or has not
   *   read that answer, or one that says no in its body (see {@linkcode save}): the group counts as failed and comes
   *   again in the next run.
   *
   * A change that the function itself saves or rejects is done with: an error after that is told by the run,
   * and changes nothing of it.
   */
  each(fn: (change: Change<T>) => Saves | Promise<Saves>): Promise<Counts>;
}

/**
 * Reads what changed by SQL, in a `tracked` model: like `query`, and with what was accepted before. Where
 * `@on_removed` says `deliver`, groups that left the query come as well, to be removed there too. They come before
 * what is new or changed, and `each` and `batches` wait for them to end: a record that has another key now may be
 * the same one there, known by its address. Only what was cut off before comes earlier, as it went out then, and a
 * removal that was refused before comes later.
 *
 * @example
 * ```ts ignore
 * import { changes, http } from "spoor";
 *
 * const contacts = "https://api.example.com/contacts";
 *
 * for await (const change of changes`SELECT id, email, name FROM mart.customers`) {
 *   const { action, key, rows, changed } = change;
 *   if (action === "remove") await http.delete(`${contacts}/${key.id}`);
 *   if (action === "create") await http.post(contacts, { json: rows[0] });
 *   if (action === "update") {
 *     const fields = changed.map((column) => [column, rows[0]?.[column] ?? null]);
 *     await http.patch(`${contacts}/${key.id}`, { json: Object.fromEntries(fields) });
 *   }
 *   await change.save();
 * }
 * ```
 */
export declare const changes: {
  /** SQL with one `?` for each of `params`; names, as `:id`, are not taken. */
  <T = Row>(sql: string, params?: readonly unknown[]): Changes<T>;
  /** SQL whose `${…}` become parameters: values, never text of the statement. */
  <T = Row>(sql: TemplateStringsArray, ...params: readonly unknown[]): Changes<T>;
};

/** See {@linkcode save}. */
export interface Save {
  /** Saves one row. */
  row(row: RowToSave): Promise<void>;
  /** Saves rows, those of a file or a query too. */
  rows(rows: Iterable<RowToSave> | AsyncIterable<RowToSave>): Promise<void>;
}

/**
 * Saves rows to the model's table.
 *
 * In a `tracked` model with a `query` this acknowledges: it resolves when the group is durably
 * known as accepted. While other rows of the same group are missing it resolves at once. In all
 * other models rows are written together when the model ends, and it resolves when there is
 * room for more.
 *
 * A group of which no write was taken, by a status of 200–299, is saved only after the model has looked at how the
 * last one ended (`status`, `response` of the error; `status`, `ok`, `headers` or the body of the answer): to catch and
 * to log it is not to decide. What is logged does not count, nor what is read in the error's message.
 *
 * A request that is answered with 207 (Multi-Status) may have been accepted in part, and its answer tells
 * which. What it was about is saved only after the model has looked at that (`json`, `text` or `bytes`), or
 * after a request with the same method and URL was answered otherwise. Where Spoor cannot see what a request
 * holds, as in a loop of your own that sends copies of the rows, it may have been about each row in the
 * model's hands that no other request was about since.
 *
 * Nor is what was answered with a success whose JSON says no saved before the model has read that: `"ok": false`
 * (Slack), `"success": false` (Salesforce, of each record), `"hasErrors": true`, or an `"error"`, `"errors"`,
 * `"insertErrors"` (BigQuery), `"userErrors"` (Shopify) that is not empty (GraphQL, JSON-RPC, Elasticsearch). A name
 * that the request has too counts for nothing.
 *
 * @example
 * ```ts ignore
 * import { http, query, reject, save } from "spoor";
 *
 * for await (const groups of query("SELECT id, email FROM mart.customers").batches(100)) {
 *   const rows = groups.flatMap((group) => group.rows);
 *   const answer = await http.post("https://api.example.com/contacts/batch", { json: rows });
 *   const errors: { id: number; reason: string }[] = answer.json.errors ?? [];
 *   for (const row of rows) {
 *     const error = errors.find(({ id }) => id === row.id);
 *     if (error) await reject(row, error.reason);
 *     else await save.row(row);
 *   }
 * }
 * ```
 *
 * @throws For a value that a column cannot hold, and in a `tracked` model for a key that its
 * query did not give, or gave once and is saved twice, and after an answer that nobody
 * read, and that may be a no.
 */
export declare const save: Save;

/**
 * Parks a group that the far side refuses for good: it counts neither as saved nor as failed, is shown
 * by `spoor failures`, and comes again when its content changes.
 *
 * @example
 * ```ts ignore
 * import { http, HttpError, query, reject } from "spoor";
 *
 * await query("SELECT id, email FROM mart.customers").each(async (customer) => {
 *   try {
 *     await http.post("https://api.example.com/contacts", { json: customer });
 *   } catch (error) {
 *     if (!(error instanceof HttpError) || error.status !== 422) throw error;
 *     await reject(customer, error);
 *   }
 * });
 * ```
 *
 * @param row A row of the group, or just its key.
 * @param reason Why, in words; an error gives its message.
 * @returns Resolves when it is durable.
 * @throws For a key that the query did not give, and for a group that is saved or rejected already.
 */
export declare function reject(row: object, reason: string | Error): Promise<void>;

/** Text that can be written as a parameter of a URL or a field of a form. */
export type Parameter = string | number | bigint | boolean;

/** A file in a form: one that `files` gave, or text or bytes under a name. */
export type FileToUpload =
  | Blob
  | { readonly name: string; readonly content: string | Uint8Array; readonly type?: string }
  | { readonly name: string; bytes(): Promise<Uint8Array> };

/** What goes with a request. At most one of `json`, `form` and `body`. */
export interface RequestOptions {
  headers?: Readonly<Record<string, Parameter>> | Headers;
  /** Added to the URL; null and undefined are left out, a list gives one each. */
  params?: Readonly<Record<string, Parameter | readonly Parameter[] | null | undefined>>;
  /**
   * Sent as JSON; a property that is undefined is left out. What JSON has no place for is refused: NaN, Infinity,
   * bytes, a Map, undefined in an array.
   */
  json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Readonly<Record<string, Parameter | null | undefined>>;
  /** Sent as it is. */
  body?: string | Uint8Array;
  /** Milliseconds, or a text such as `"30s"`. @default `@timeout` */
  timeout?: number | string;
  /**
   * Tries after a failure that may pass (408, 429, 5xx, no answer), 100 at most. 0 for a write that must not be
   * repeated. A `Retry-After` is waited for if it is ten minutes or less; a longer one fails the request.
   * @default `@retries`
   */
  retries?: number;
  /** False: a status outside of 200–299 is an answer like others. @default true */
  throwOnError?: boolean;
}

/** What goes with an upload: `form` is sent as `multipart/form-data`. */
export interface UploadOptions extends Omit<RequestOptions, "json" | "form" | "body"> {
  form: Readonly<Record<string, Parameter | FileToUpload | null | undefined>>;
}

/** An answer. Its body is there already; `text` and `json` are read when they are asked for. */
export interface HttpResponse {
  readonly status: number;
  /** True for 200–299. */
  readonly ok: boolean;
  /** After redirects, secrets masked. */
  readonly url: string;
  readonly headers: Headers;
  /** The `Link` header: `links.next` is the URL of the next page. */
  readonly links: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** @throws When the body is not text in the encoding that the answer names. */
  readonly text: string;
  /** @throws When the body is not JSON. */
  // deno-lint-ignore no-explicit-any -- as `Response.json()` has it
  readonly json: any;
}

/** How to get an access token. Texts may be what `secret` gave. */
export interface OAuthOptions {
  /** The service's token endpoint; its host must be in `@allow_net`. */
  tokenUrl: string | URL;
  clientId: string;
  clientSecret?: string;
  /** Whether the client's id and secret go as a Basic header or in the body. @default "basic" */
  clientAuth?: "basic" | "body";
  /** Several in a list, or with spaces. */
  scope?: string | readonly string[];
  audience?: string;
  /** Renewed by it, where the service knows no client credentials. */
  refreshToken?: string;
}

/** See {@linkcode http}. */
export interface Http {
  get(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  head(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  post(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  put(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  patch(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  delete(url: string | URL, options?: RequestOptions): Promise<HttpResponse>;
  /** Posts a form with files. */
  upload(url: string | URL, options: UploadOptions): Promise<HttpResponse>;
  /**
   * Gives a stand-in for an OAuth 2.0 access token, of use only inside a request: Spoor gets the
   * token when the first request needs it, renews it in time and after a 401, and puts it in. The
   * model never sees it.
   *
   * @example A service that `spoor auth crm` has authorised
   * ```ts ignore
   * import { http, save } from "spoor";
   *
   * const Authorization = `Bearer ${http.oauth("crm")}`;
   * const me = await http.get("https://api.example.com/me", { headers: { Authorization } });
   * await save.row(me.json);
   * ```
   *
   * @param options A name under `auth:` in spoor.yaml, authorised by `spoor auth NAME`; or
   * everything that a token request needs.
   */
  oauth(options: string | { readonly provider: string } | OAuthOptions): string;
}

/**
 * Sends requests to the hosts of `@allow_net`, over HTTP/1.1. 429, 5xx and broken connections are tried again
 * with growing waits; every try carries the same `Idempotency-Key`. Redirects are followed, but for those
 * that would make a GET of a write: such a write was not accepted. One that must not be made twice (`retries: 0`,
 * `@delivery: at_most_once`) is followed by 307 and 308 only: else it may have been done. Await each request: a
 * group cannot be saved while one of its own has no answer. An answer's body may have 64 MB, unpacked.
 *
 * @throws {HttpError} For any status outside of 200–299 (unless `throwOnError: false`), and when
 * no answer came, so that a refused row is never taken as sent.
 */
export declare const http: Http;

/** A request that was refused or not answered. */
export declare class HttpError extends Error {
  /** 0 when no answer came. */
  readonly status: number;
  /** Undefined when no answer came. */
  readonly response: HttpResponse | undefined;
}

/**
 * Gives a stand-in for a secret that `@secrets` lists. It is of use only inside a request to an
 * allowed host, where the real value takes its place; the model never sees that.
 */
export declare function secret(name: string): string;

/** How a signature is made and written. */
export interface HmacOptions {
  /** @default "sha256" */
  algorithm?: "sha256" | "sha512" | "sha1";
  /** @default "hex" */
  encoding?: "hex" | "base64" | "base64url";
}

/**
 * Signs a text with a secret (HMAC). What it gives is a stand-in too: the signature takes its place
 * inside a request to an allowed host. Secrets in the text are signed with their real values.
 *
 * @example
 * ```ts ignore
 * import { hmac, http, query, secret } from "spoor";
 *
 * await query("SELECT id, email FROM mart.customers").each(async (customer) => {
 *   const body = JSON.stringify(customer);
 *   await http.post("https://api.example.com/events", {
 *     headers: { "X-Signature": `sha256=${hmac(secret("SIGNING_KEY"), body)}` },
 *     body,
 *   });
 * });
 * ```
 *
 * @param secret What `secret(name)` gave, and nothing else.
 */
export declare function hmac(secret: string, text: string, options?: HmacOptions): string;

/**
 * Reads a plain environment variable that `@allow_env` lists.
 *
 * @throws When it is not listed, or is not set and there is no `fallback`.
 */
export declare function env(name: string, fallback?: string): string;

/** Items that are read while they are used; `await` gives an array of all. */
export interface Items<T> extends AsyncIterable<T>, PromiseLike<T[]> {}

/** How to read a CSV file. */
export interface CsvOptions {
  /** Whether the first row names the columns. @default true, and false where `columns` are given */
  header?: boolean;
  /** One character. @default "," */
  delimiter?: string;
  /** Names of the columns, for a file without header or in the place of its header. */
  columns?: readonly string[];
}

/** A file that `@allow_read` covers. Its content is read piece by piece: it may be large. */
export interface ModelFile {
  /** Relative to the project, with `/`, or absolute. */
  readonly path: string;
  /** The last part of `path`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
  /** The whole file; it must be UTF-8. */
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  /** Line by line, without line ends. */
  lines(): Items<string>;
  /**
   * Row by row, as RFC 4180 has it. Values are texts; an empty field is `""`, never null. A blank
   * line is skipped, unless there is just one column.
   *
   * @throws With the line, for a row with too many or too few fields, a quote that is not closed,
   * a column name that is empty or comes twice, and text that is not UTF-8.
   */
  csv<T = Record<string, string>>(options?: CsvOptions): Items<T>;
  /** The whole file as JSON. For a file with one JSON text a line use `lines()`. */
  // deno-lint-ignore no-explicit-any -- as `JSON.parse` has it
  json(): Promise<any>;
}

/**
 * Finds files that `@allow_read` covers, sorted by path. A link to a folder is followed where it leads to what is
 * covered.
 *
 * @example
 * ```ts ignore
 * import { files, save } from "spoor";
 *
 * for await (const file of files("data/orders/*.csv")) {
 *   await save.rows(file.csv());
 * }
 * ```
 *
 * @param glob A path inside the project with `*`, `**` and `?`, or an absolute one. Names with `[` or `{` that are
 * there are taken as they are.
 * @throws For a path without a file, and for what is there, may be meant and cannot be read: it is never left out.
 */
export declare function files(glob: string): Items<ModelFile>;

/** Writes to the run's log. Secrets are masked. */
export interface Log {
  debug(...values: readonly unknown[]): void;
  info(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
}

/** Writes to the run's log. A message is cut after 10,000 characters, the log after 10,000 messages. */
export declare const log: Log;
