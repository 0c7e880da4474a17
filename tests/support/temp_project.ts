/**
 * A project in a temporary folder, made of the files a test names, gone when the test ends.
 *
 * @example
 * ```ts ignore
 * await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
 * const { code } = await project.run("run");
 * assert.deepEqual(project.rows("mart.a"), [{ id: 1 }]);
 * ```
 *
 * @module
 */
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type RunningSpoor, runSpoor, type SpoorOptions, type SpoorResult } from "./spoor.ts";
import { startSpoor } from "./spoor.ts";

/** Project path → text or bytes. */
export type ProjectFiles = Readonly<Record<string, string | Uint8Array>>;

export interface TempProject extends AsyncDisposable {
  /** The project's folder, absolute, links resolved. */
  readonly root: string;
  /** A file's absolute path. */
  path(file: string): string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  read(file: string): Promise<string>;
  bytes(file: string): Promise<Uint8Array>;
  exists(file: string): Promise<boolean>;
  remove(file: string): Promise<void>;
  /** Runs Spoor here, to its end. */
  run(args: string | readonly string[], options?: SpoorOptions): Promise<SpoorResult>;
  /** Starts Spoor here. */
  start(args: string | readonly string[], options?: SpoorOptions): RunningSpoor;
  /** Rows of a table (`mart.customers`) or of a SELECT, from `.spoor/spoor.db` or another file. */
  rows(tableOrSql: string, stateFile?: string): Record<string, unknown>[];
  /** Another project with the same files, its state among them. */
  copy(): Promise<TempProject>;
}

/** Makes a project; `models/` is there even when no model is. Texts lose their common indent. */
export async function tempProject(files: ProjectFiles = {}): Promise<TempProject> {
  const project = new Project(await makeRoot());
  await Deno.mkdir(project.path("models"), { recursive: true });
  for (const [file, content] of Object.entries(files)) await project.write(file, content);
  return project;
}

async function makeRoot(): Promise<string> {
  return await Deno.realPath(await Deno.makeTempDir({ prefix: "spoor-test-" }));
}

class Project implements TempProject {
  constructor(readonly root: string) {}

  path(file: string): string {
    return `${this.root}/${file}`;
  }

  async write(file: string, content: string | Uint8Array): Promise<void> {
    await Deno.mkdir(dirname(this.path(file)), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(this.path(file), dedent(content));
    else await Deno.writeFile(this.path(file), content);
  }

  async read(file: string): Promise<string> {
    return await Deno.readTextFile(this.path(file));
  }

  async bytes(file: string): Promise<Uint8Array> {
    return await Deno.readFile(this.path(file));
  }

  async exists(file: string): Promise<boolean> {
    return await Deno.lstat(this.path(file)).then(() => true, () => false);
  }

  async remove(file: string): Promise<void> {
    await Deno.remove(this.path(file), { recursive: true });
  }

  async run(args: string | readonly string[], options: SpoorOptions = {}): Promise<SpoorResult> {
    return await runSpoor(args, { cwd: this.root, ...options });
  }

  start(args: string | readonly string[], options: SpoorOptions = {}): RunningSpoor {
    return startSpoor(args, { cwd: this.root, ...options });
  }

  rows(tableOrSql: string, stateFile = ".spoor/spoor.db"): Record<string, unknown>[] {
    const sql = /\s/.test(tableOrSql) ? tableOrSql : `SELECT * FROM "${tableOrSql}"`;
    // What a killed process had not committed is taken back only by a connection that may write.
    const readOnly = !existsSync(this.path(`${stateFile}-journal`));
    using database = new DatabaseSync(this.path(stateFile), { readOnly });
    return database.prepare(sql).all().map((row) => ({ ...row }));
  }

  async copy(): Promise<TempProject> {
    const copy = new Project(await makeRoot());
    await cp(this.root, copy.root, { recursive: true, preserveTimestamps: true });
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Takes off a leading empty line and the first line's indent, so that texts can be indented. */
function dedent(text: string): string {
  const lines = text.replace(/^[ \t]*\n/, "").split("\n");
  const indent = /^[ \t]*/.exec(lines[0] ?? "")?.[0] ?? "";
  if (indent === "") return lines.join("\n");
  return lines
    .map((line) => line.startsWith(indent) ? line.slice(indent.length) : line.trimStart())
    .join("\n");
}
