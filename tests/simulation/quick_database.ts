/**
 * SQLite in memory for many short histories: what a run costs the core is mostly SQL that is parsed anew,
 * temporary tables that are made and dropped, and questions about the schema. Here a statement is parsed
 * once, a temporary table that was dropped is emptied and serves again under the name that it is given
 * next, and what the schema says is kept until it changes.
 *
 * What the core asks and is answered is the same as with a plain connection: `quick_database_test.ts` plays
 * histories on both.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Temporary tables of a comparison have its number in their names. */
const COMPARISON = "spoor.changes.";
/** The same of any comparison. */
const ANY = "spoor.changes.#.";
const TABLE = /"(spoor\.changes\.#\.[a-z_.]+)"/g;
const CREATE = /^CREATE TEMP TABLE (?:temp\.)?"([^"]+)"\s+(\([\s\S]*)$/;
const DROP = /^DROP TABLE (?:IF EXISTS )?temp\."([^"]+)"$/;
/** With its columns, whose table is named before them. */
const INDEX = /^CREATE INDEX temp\."[^"]+" ON "([^"]+)"\s+(\([\s\S]*)$/;
const RENAME = /^ALTER TABLE temp\."([^"]+)" RENAME TO "([^"]+)"$/;
/** Keys of what was settled lie in one of its own, which no comparison has at the same time as another. */
const SETTLED = 'temp."spoor.settled_keys"';
const CREATE_SETTLED = `CREATE TEMP TABLE ${SETTLED}`;
const DROP_SETTLED = `DROP TABLE ${SETTLED}`;
/** What changes which tables and columns there are. */
const DEFINING = /^\s*(?:CREATE|DROP|ALTER)\b/i;
/** What asks which tables and columns there are; the first two by whether they can be prepared. */
const ASKING =
  /^SELECT rowid FROM |^DELETE FROM "[^"]+"$|pragma_table_info\(|FROM sqlite_schema WHERE name = /;
/** It is not to be run. */
const PROBING = /^SELECT rowid|^DELETE/;
const ALL_COLUMNS = /SELECT (?:\w+\.)?\*/;

/** A table that serves under changing names. */
interface Pooled {
  number: number;
  definition: string;
}

/** What the tables of comparisons are at one moment. */
interface Tables {
  /** By the name that the core knows. */
  inUse: Map<string, Pooled>;
  free: Map<string, Pooled[]>;
}

/** Where a transaction began. */
interface Beginning {
  /** Absent as long as they are as they were. */
  tables: Tables | undefined;
  /** How often the schema had changed. */
  schema: number;
}

/** Makes the statement of a text about tables of a comparison; its tables' names begin so. */
type Template = (prefix: string) => StatementSync;

/** In which form rows are given. */
interface Forms {
  setReadBigInts(are: boolean): void;
  setReturnArrays(are: boolean): void;
}

type AnyFunction = (...values: unknown[]) => unknown;

/** See the module's comment. */
export class QuickDatabase extends DatabaseSync {
  #statements = new Map<string, StatementSync>();
  #templates = new Map<string, Template>();
  /** What was asked of the schema, until it changes. */
  #answers = new Map<string, StatementSync | Error>();
  #schema = 0;
  /** Statements whose rows are asked for in another form. */
  #altered = new Set<StatementSync>();
  #tables: Tables = { inUse: new Map(), free: new Map() };
  /** Of the transactions that are not over: the outer first. */
  #beginnings: Beginning[] = [];
  #made = 0;
  /** SQL functions by name: to register one again would have all statements parsed again. */
  #functions = new Map<string, AnyFunction>();
  #aggregates = new Map<string, Record<string, unknown>>();

  constructor() {
    super(":memory:");
  }

  override prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return this.#reset(known);
    if (sql.includes(COMPARISON)) return this.#prepareOnTables(sql.trim());
    if (ASKING.test(sql)) return this.#ask(sql);
    if (DEFINING.test(sql)) this.#moveSchema();
    return this.#statement(sql);
  }

  override exec(sql: string): void {
    if (sql === "BEGIN IMMEDIATE") this.#begin();
    else if (sql === "COMMIT") this.#end(false);
    else if (sql === "ROLLBACK") this.#end(true);
    else if (sql.includes(COMPARISON)) {
      for (const each of sql.split(";")) {
        if (each.trim() !== "") this.#prepareOnTables(each.trim()).run();
      }
    } else if (/^(?:UPDATE|DELETE|CREATE INDEX IF NOT EXISTS)\b[^;]*$/.test(sql)) {
      this.#statement(sql).run();
    } else if (sql.startsWith("PRAGMA")) super.exec(sql);
    else if (sql.startsWith(CREATE_SETTLED)) {
      super.exec(sql.replace("TABLE", "TABLE IF NOT EXISTS"));
    } else if (sql === DROP_SETTLED) this.#statement(`DELETE FROM ${SETTLED}`).run();
    else {
      this.#moveSchema();
      super.exec(sql);
    }
  }

  override function(name: string, ...rest: unknown[]): void {
    const given = rest.at(-1) as AnyFunction;
    const isKnown = this.#functions.has(name);
    this.#functions.set(name, given);
    if (isKnown) return;
    const current = (...values: unknown[]) => this.#functions.get(name)?.(...values);
    super.function(name, rest[0] as never, current as never);
  }

  override aggregate(name: string, options: Parameters<DatabaseSync["aggregate"]>[1]): void {
    const given = options as unknown as Record<string, unknown>;
    const isKnown = this.#aggregates.has(name);
    this.#aggregates.set(name, given);
    if (isKnown) return;
    const current = (part: string) => (...values: unknown[]) => {
      const now = this.#aggregates.get(name)?.[part];
      return typeof now === "function" ? now(...values) : now;
    };
    const parts = { start: current("start"), step: current("step"), result: current("result") };
    super.aggregate(name, { ...given, ...parts } as never);
  }

  /** Does what leaves no trace; transactions go on within it. */
  async undone<T>(work: () => Promise<T>): Promise<T> {
    this.#begin();
    try {
      return await work();
    } finally {
      while (this.#beginnings.length > 0) this.#end(true);
    }
  }

  /** Drops the temporary tables that are left, as the end of a connection does. */
  forget(): void {
    for (const name of [...this.#tables.inUse.keys()]) this.#drop(name);
  }

  #begin(): void {
    this.#beginnings.push({ tables: undefined, schema: this.#schema });
    this.#statement("SAVEPOINT work").run();
  }

  #end(isUndone: boolean): void {
    const beginning = this.#beginnings.pop();
    if (isUndone && beginning) {
      this.#statement("ROLLBACK TO work").run();
      this.#tables = beginning.tables ?? this.#tables;
      if (beginning.schema !== this.#schema) this.#moveSchema();
    }
    this.#statement("RELEASE work").run();
  }

  /** Tables may have other columns now; a statement keeps to the names that it gave at first. */
  #moveSchema(): void {
    this.#schema += 1;
    this.#answers.clear();
    for (const sql of this.#statements.keys()) {
      if (ALL_COLUMNS.test(sql)) this.#statements.delete(sql);
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return this.#reset(known);
    const statement = this.#watched(super.prepare(sql));
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Notes when somebody asks for rows in another form. */
  #watched(statement: StatementSync): StatementSync {
    const forms = statement as unknown as Forms;
    for (const name of ["setReadBigInts", "setReturnArrays"] as const) {
      const set = forms[name].bind(statement);
      forms[name] = (is) => {
        this.#altered.add(statement);
        set(is);
      };
    }
    return statement;
  }

  /** As a statement is that was just prepared. */
  #reset(statement: StatementSync): StatementSync {
    if (!this.#altered.has(statement)) return statement;
    const forms = statement as unknown as Forms;
    forms.setReadBigInts(false);
    forms.setReturnArrays(false);
    this.#altered.delete(statement);
    return statement;
  }

  #ask(sql: string): StatementSync {
    let answer = this.#answers.get(sql);
    if (!answer) this.#answers.set(sql, answer = this.#prepareToAsk(sql));
    if (answer instanceof Error) throw answer;
    return answer;
  }

  #prepareToAsk(sql: string): StatementSync | Error {
    try {
      const statement = super.prepare(sql);
      return PROBING.test(sql) ? statement : this.#remembering(statement);
    } catch (error) {
      return error as Error;
    }
  }

  /** The core keeps some of these itself, for the life of the connection. */
  #remembering(statement: StatementSync): StatementSync {
    let [known, schema] = [new Map<string, unknown>(), this.#schema];
    const remembering = (how: "get" | "all") => (parameter: string) => {
      if (schema !== this.#schema) [known, schema] = [new Map(), this.#schema];
      const name = `${how} ${parameter}`;
      if (!known.has(name)) known.set(name, statement[how](parameter));
      return known.get(name);
    };
    return { get: remembering("get"), all: remembering("all") } as unknown as StatementSync;
  }

  #prepareOnTables(sql: string): StatementSync {
    const place = sql.indexOf(COMPARISON) + COMPARISON.length;
    const prefix = sql.slice(place - COMPARISON.length, sql.indexOf(".", place) + 1);
    const text = sql.replaceAll(prefix, ANY);
    let template = this.#templates.get(text);
    if (!template) this.#templates.set(text, template = this.#template(text));
    return template(prefix);
  }

  #template(text: string): Template {
    const [, created = "", definition] = CREATE.exec(text) ?? [];
    if (definition !== undefined) {
      return (prefix) => doing(() => this.#create(full(prefix, created), definition));
    }
    const [, dropped] = DROP.exec(text) ?? [];
    if (dropped !== undefined) return (prefix) => doing(() => this.#drop(full(prefix, dropped)));
    const [, indexed, columns = ""] = INDEX.exec(text) ?? [];
    if (indexed !== undefined) {
      return (prefix) => doing(() => this.#index(full(prefix, indexed), columns));
    }
    const [, from, to = ""] = RENAME.exec(text) ?? [];
    if (from === undefined) return this.#filled(text);
    return (prefix) => doing(() => this.#rename(full(prefix, from), full(prefix, to)));
  }

  #filled(text: string): Template {
    const names = [...text.matchAll(TABLE)].map(([, name = ""]) => name);
    const texts = text.split(TABLE).filter((_, i) => i % 2 === 0);
    /** By the numbers of the tables that serve. */
    const statements = new Map<string, StatementSync>();
    return (prefix) => {
      const numbers = names.map((name) => this.#get(full(prefix, name)).number);
      const key = numbers.join(" ");
      const known = statements.get(key);
      if (known) return this.#reset(known);
      const sql = texts.map((each, i) => each + (i < numbers.length ? nameOf(numbers[i]) : ""));
      const statement = this.#watched(super.prepare(sql.join("")));
      statements.set(key, statement);
      return statement;
    };
  }

  /** The tables are about to change. */
  #touch(): void {
    for (const beginning of this.#beginnings) beginning.tables ??= copy(this.#tables);
  }

  #create(name: string, definition: string): void {
    this.#touch();
    let table = this.#tables.free.get(definition)?.pop();
    if (!table) {
      table = { number: this.#made++, definition };
      super.exec(`CREATE TEMP TABLE ${nameOf(table.number)} ${definition}`);
    }
    this.#tables.inUse.set(name, table);
  }

  /** Who gets the table next has it too: it changes nothing but how rows are found. */
  #index(name: string, columns: string): void {
    const { number } = this.#get(name);
    super.exec(
      `CREATE INDEX IF NOT EXISTS temp."spoor.pooled.${number}.index" ON ${
        nameOf(number)
      } ${columns}`,
    );
  }

  #drop(name: string): void {
    const table = this.#tables.inUse.get(name);
    if (!table) return;
    this.#touch();
    this.#statement(`DELETE FROM temp.${nameOf(table.number)}`).run();
    this.#tables.inUse.delete(name);
    const free = this.#tables.free.get(table.definition);
    if (free) free.push(table);
    else this.#tables.free.set(table.definition, [table]);
  }

  #rename(from: string, to: string): void {
    this.#touch();
    this.#tables.inUse.set(to, this.#get(from));
    this.#tables.inUse.delete(from);
  }

  #get(name: string): Pooled {
    const table = this.#tables.inUse.get(name);
    if (!table) throw new Error(`no such table: temp.${name}`);
    return table;
  }
}

function nameOf(number: number | undefined): string {
  return `"spoor.pooled.${number}"`;
}

/** The name of a table, with the comparison's number in it. */
function full(prefix: string, name: string): string {
  return prefix + name.slice(ANY.length);
}

/** A statement that is only run. */
function doing(run: () => void): StatementSync {
  return { run } as unknown as StatementSync;
}

function copy({ inUse, free }: Tables): Tables {
  const lists = new Map<string, Pooled[]>();
  for (const [definition, list] of free) lists.set(definition, [...list]);
  return { inUse: new Map(inUse), free: lists };
}
