/**
 * One pass over the tokens of a query: the tables it reads, and the names that its columns use.
 *
 * No parser, but a machine that knows for each level of parentheses whether a table, an expression
 * or a query stands there. It relies on what SQLite's grammar guarantees: FROM, JOIN, IN, SELECT,
 * VALUES and the words that end a FROM clause are never bare names. It keeps its own stack, so
 * that no depth of nesting can exhaust JavaScript's, and every token is looked at a bounded number
 * of times.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { unquoteIdentifier } from "./identifiers.ts";
import { canBeBareAlias, endsFromClause, isReservedWord } from "./keywords.ts";
import type { TableReference } from "./table_references.ts";
import { isOperator, type Token, tokenizeWithoutComments } from "./tokens.ts";

/** One SELECT or VALUES: what its FROM clause offers, and which columns it names by their table. */
export interface Scope {
  /** The SELECT around it; names that are not found here are looked up there. */
  parent: Scope | undefined;
  sources: Source[];
  columns: QualifiedColumn[];
}

/** Something in a FROM clause that columns can be named by. */
export interface Source {
  /** The alias, or else the table's own name; quotes taken off. */
  name: string;
  /** Absent for subqueries, table-valued functions and common table expressions. */
  table?: TableReference;
}

/** `table.column`, `schema.table.column` or `table.*`. */
export interface QualifiedColumn {
  schema?: string;
  table: string;
  /** UTF-16 offsets of `table` or `schema.table`, without the dot after it. */
  start: number;
  end: number;
}

/** What a query's text tells. */
export interface QueryScan {
  /** In the order of the text. */
  tables: TableReference[];
  /** Every scope comes after its parent. */
  scopes: Scope[];
}

/** Scans a query; of other text it finds what looks like a query. */
export function scanQuery(sql: string): QueryScan {
  return scanTokens(tokenizeWithoutComments(sql));
}

/** Scans the tokens of a query, comments left out. */
export function scanTokens(tokens: readonly Token[]): QueryScan {
  return new QueryScanner(tokens).scan();
}

/** One level of parentheses; the statement itself is the first. */
interface Level {
  /** `join`: tables in parentheses, as in `FROM (a JOIN b)`. */
  holds: "query" | "join" | "expression";
  /** Where in a query we are; `table`: the next token begins something to read from. */
  clause: "start" | "table" | "from" | "other";
  /** The SELECT that names stand in here; none before the first. */
  scope: Scope | undefined;
  /** Scope of the level around it. */
  outer: Scope | undefined;
  /** Common table expressions that end with this level, folded. */
  cteNames: readonly string[];
  /** An alias may follow the closing parenthesis; the name is what counts without one. */
  isSource: boolean;
  sourceName: string | undefined;
}

class QueryScanner {
  readonly #tokens: readonly Token[];
  /** For each opening parenthesis the index of its closing one. */
  readonly #closing: Map<number, number>;
  readonly #tables: TableReference[] = [];
  readonly #scopes: Scope[] = [];
  /** Names in scope, folded, and how many levels declare each. */
  readonly #ctes = new Map<string, number>();
  #level = newLevel("query", "start", undefined);
  /** The levels around this one, the outermost first. */
  #around: Level[] = [];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#closing = matchParentheses(tokens);
  }

  scan(): QueryScan {
    while (this.#at < this.#tokens.length) this.#step();
    return { tables: this.#tables, scopes: this.#scopes };
  }

  #step(): void {
    if (this.#isMark(this.#at, "(")) return this.#openParenthesis();
    if (this.#isMark(this.#at, ")")) return this.#closeParenthesis();
    if (this.#isMark(this.#at, ";")) return this.#startStatement();
    if (this.#level.clause === "table") return this.#readSource();
    if (this.#isMark(this.#at + 1, ".") && this.#anyName(this.#at) !== undefined) {
      return this.#readDottedName();
    }
    this.#readToken();
  }

  #readToken(): void {
    const at = this.#at++;
    const level = this.#level;
    const keyword = this.#keyword(at);
    if (keyword === "WITH" && level.clause === "start") this.#declareCtes(at);
    if (level.clause === "start") level.clause = "other";
    if (level.clause === "from" && (keyword === "JOIN" || this.#isMark(at, ","))) {
      level.clause = "table";
    } else if (keyword === "IN") {
      this.#readInTable();
    } else if (keyword !== undefined && level.holds === "query") {
      this.#readQueryKeyword(at, keyword);
    }
  }

  // ── levels ─────────────────────────────────────────────────────────────────────────────────────

  #startStatement(): void {
    this.#at++;
    this.#ctes.clear();
    this.#around = [];
    this.#level = newLevel("query", "start", undefined);
  }

  #enter(level: Level): void {
    this.#at++;
    this.#around.push(this.#level);
    this.#level = level;
  }

  #openParenthesis(): void {
    const level = this.#level;
    const isSource = level.clause === "table";
    if (isSource) level.clause = "from";
    if (level.clause === "start") level.clause = "other";
    const outer = level.scope ?? level.outer;
    if (this.#queryBegins(this.#at + 1)) {
      this.#enter({ ...newLevel("query", "start", outer), isSource });
    } else if (isSource) {
      this.#enter({ ...newLevel("join", "table", outer), isSource });
    } else {
      this.#enter(newLevel("expression", "other", outer));
    }
  }

  #closeParenthesis(): void {
    this.#at++;
    const around = this.#around.pop();
    if (around === undefined) return;
    const closed = this.#level;
    this.#level = around;
    for (const name of closed.cteNames) this.#ctes.set(name, (this.#ctes.get(name) ?? 1) - 1);
    if (!closed.isSource) return;
    const name = this.#readAlias() ?? closed.sourceName;
    if (name !== undefined) around.scope?.sources.push({ name });
  }

  #queryBegins(at: number): boolean {
    const keyword = this.#keyword(at);
    if (keyword === "WITH") return this.#cteNames(at).length > 0;
    return keyword === "SELECT" || keyword === "VALUES";
  }

  // ── clauses ────────────────────────────────────────────────────────────────────────────────────

  #readQueryKeyword(at: number, keyword: string): void {
    const level = this.#level;
    if (keyword === "SELECT" || keyword === "VALUES") {
      level.clause = "other";
      level.scope = { parent: level.outer, sources: [], columns: [] };
      this.#scopes.push(level.scope);
    } else if (keyword === "FROM") {
      // IS [NOT] DISTINCT FROM compares; nothing else in SQLite's grammar has a FROM.
      if (this.#keyword(at - 1) !== "DISTINCT") level.clause = "table";
    } else if (endsFromClause(keyword) || this.#windowBegins(at)) {
      level.clause = "other";
    }
  }

  #declareCtes(withAt: number): void {
    const names = this.#cteNames(withAt);
    for (const name of names) this.#ctes.set(name, (this.#ctes.get(name) ?? 0) + 1);
    this.#level.cteNames = names;
  }

  /** WINDOW is a keyword only before `name AS`, as SQLite decides it too. */
  #windowBegins(at: number): boolean {
    return this.#keyword(at) === "WINDOW" && this.#bareOrQuotedName(at + 1) !== undefined &&
      this.#keyword(at + 2) === "AS";
  }

  /**
   * The names that a WITH declares. All of them are known in all of its bodies, later ones too,
   * so they are read before the bodies are, by jumping over these.
   */
  #cteNames(withAt: number): string[] {
    const names: string[] = [];
    let at = withAt + 1;
    if (this.#keyword(at) === "RECURSIVE") at++;
    for (;;) {
      const name = this.#bareOrQuotedName(at);
      const body = this.#cteBody(at + 1);
      if (name === undefined || body === undefined) return names;
      names.push(foldName(name));
      at = this.#afterParenthesis(body);
      if (!this.#isMark(at, ",")) return names;
      at++;
    }
  }

  /** Index of the parenthesis that opens the body, from the token after the name. */
  #cteBody(afterName: number): number | undefined {
    let at = this.#isMark(afterName, "(") ? this.#afterParenthesis(afterName) : afterName;
    if (this.#keyword(at) !== "AS") return undefined;
    at++;
    if (this.#keyword(at) === "NOT") at++;
    if (this.#keyword(at) === "MATERIALIZED") at++;
    return this.#isMark(at, "(") ? at : undefined;
  }

  // ── names ──────────────────────────────────────────────────────────────────────────────────────

  /** What follows FROM, JOIN or a comma between tables, when it is no parenthesis. */
  #readSource(): void {
    const level = this.#level;
    level.clause = "from";
    const name = this.#readTableName();
    if (name === undefined) return;
    if (this.#isMark(this.#at, "(")) return this.#enterTableFunction(name.table);
    const alias = this.#readAlias();
    const source: Source = { name: alias ?? name.table };
    if (!this.#isCte(name)) {
      const aliasEnd = this.#tokens[this.#at - 1]?.end ?? name.end;
      source.table = { ...name, ...(alias !== undefined && { alias, aliasEnd }) };
      this.#tables.push(source.table);
    }
    level.scope?.sources.push(source);
  }

  #enterTableFunction(name: string): void {
    const inside = newLevel("expression", "other", this.#level.scope);
    this.#enter({ ...inside, isSource: true, sourceName: name });
  }

  /** After IN a name is a table, unless it is a function; a parenthesis is left to the main loop. */
  #readInTable(): void {
    const name = this.#readTableName();
    if (name === undefined || this.#isCte(name) || this.#isMark(this.#at, "(")) return;
    this.#tables.push(name);
  }

  #readTableName(): TableReference | undefined {
    const first = this.#tokens[this.#at];
    const name = this.#bareOrQuotedName(this.#at);
    if (first === undefined || name === undefined) return undefined;
    this.#at++;
    const second = this.#tokens[this.#at + 1];
    const table = this.#anyName(this.#at + 1);
    if (!this.#isMark(this.#at, ".") || second === undefined || table === undefined) {
      return { table: name, start: first.start, end: first.end };
    }
    this.#at += 2;
    return { schema: name, table, start: first.start, end: second.end };
  }

  #isCte(name: { schema?: string; table: string }): boolean {
    return name.schema === undefined && (this.#ctes.get(foldName(name.table)) ?? 0) > 0;
  }

  #readAlias(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined) return undefined;
    if (token.keyword === "AS") {
      const alias = this.#bareOrQuotedName(this.#at + 1);
      this.#at += alias === undefined ? 1 : 2;
      return alias;
    }
    if (this.#windowBegins(this.#at)) return undefined;
    if (token.keyword !== undefined && !canBeBareAlias(token.keyword)) return undefined;
    const alias = this.#bareOrQuotedName(this.#at);
    if (alias !== undefined) this.#at++;
    return alias;
  }

  /** A column with its table before it, in an expression. */
  #readDottedName(): void {
    const at = this.#at;
    if (this.#level.clause === "start") this.#level.clause = "other";
    if (this.#isMark(at + 3, ".") && this.#isColumn(at + 4)) {
      this.#addColumn(at + 2, at);
      this.#at += 5;
    } else if (this.#isColumn(at + 2)) {
      this.#addColumn(at);
      this.#at += 3;
    } else {
      this.#at += 2;
    }
  }

  #addColumn(tableAt: number, schemaAt?: number): void {
    const first = this.#tokens[schemaAt ?? tableAt];
    const last = this.#tokens[tableAt];
    const table = this.#anyName(tableAt);
    const schema = schemaAt === undefined ? undefined : this.#anyName(schemaAt);
    if (first === undefined || last === undefined || table === undefined) return;
    this.#level.scope?.columns.push({
      ...(schema !== undefined && { schema }),
      table,
      start: first.start,
      end: last.end,
    });
  }

  #isColumn(at: number): boolean {
    return this.#isMark(at, "*") || this.#anyName(at) !== undefined;
  }

  // ── tokens ─────────────────────────────────────────────────────────────────────────────────────

  #isMark(at: number, mark: string): boolean {
    return isOperator(this.#tokens[at], mark);
  }

  #keyword(at: number): string | undefined {
    return this.#tokens[at]?.keyword;
  }

  /** Where SQLite takes a name: not a reserved word. A string counts, as it does for SQLite. */
  #bareOrQuotedName(at: number): string | undefined {
    const keyword = this.#keyword(at);
    return keyword !== undefined && isReservedWord(keyword) ? undefined : this.#anyName(at);
  }

  /** Next to a dot: reserved words too, so that `mart.order` means what it says. */
  #anyName(at: number): string | undefined {
    const token = this.#tokens[at];
    if (token === undefined) return undefined;
    const { kind, text } = token;
    return kind === "word" || kind === "quoted" || kind === "string"
      ? unquoteIdentifier(text)
      : undefined;
  }

  #afterParenthesis(open: number): number {
    return (this.#closing.get(open) ?? this.#tokens.length) + 1;
  }
}

function newLevel(
  holds: Level["holds"],
  clause: Level["clause"],
  outer: Scope | undefined,
): Level {
  const scope = holds === "query" ? undefined : outer;
  return { holds, clause, scope, outer, cteNames: [], isSource: false, sourceName: undefined };
}

function matchParentheses(tokens: readonly Token[]): Map<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (isOperator(token, "(")) open.push(index);
    if (!isOperator(token, ")")) continue;
    const start = open.pop();
    if (start !== undefined) closing.set(start, index);
  }
  return closing;
}
