/**
 * Runs a model's text in a real guest worker, against a small host that keeps rows in memory.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";
import type {
  AcknowledgedGroup,
  DeliveredGroup,
  EgressResponse,
  FileEntry,
  GuestMessage,
  GuestRequest,
  GuestStart,
  HostMessage,
  RowBlock,
  ServedModule,
} from "~/sandbox/protocol.ts";
import { serveModules } from "~/sandbox/modules/serve_modules.ts";
import { ChangedRows, keyText, toBlock } from "./changed_rows.ts";

/** One row, by column. */
export type TestRow = Record<string, unknown>;

/** What the small host answers with. */
export interface TestHost {
  kind?: string;
  uniqueKey?: string[];
  concurrency?: number;
  secrets?: Record<string, string>;
  env?: Record<string, string>;
  allowedEnv?: string[];
  /** Rows of every query; grouped by the unique key where it is tracked. */
  rows?: TestRow[];
  /** The batch of each group, in order. */
  batches?: number[];
  /** What was accepted before, for `changes`; groups that `rows` no longer has are removed. */
  previous?: TestRow[];
  respond?: (request: GuestRequest) => Partial<EgressResponse> | Promise<Partial<EgressResponse>>;
  files?: Record<string, string | Uint8Array>;
  /** Answers a message otherwise; undefined leaves it to the host. */
  intercept?: (message: GuestMessage, reply: (message: HostMessage) => void) => boolean | void;
  /** Further modules by path; `imports` of the model are found by their paths. */
  modules?: Record<string, string>;
  /** Served as it is: what the gate would refuse. */
  ungated?: boolean;
  timeoutMs?: number;
}

/** What came of it. */
export interface GuestRun {
  error: ErrorReport | undefined;
  saved: TestRow[];
  acknowledged: { group: number; rows: TestRow[] }[];
  rejected: { groups: readonly number[]; reason: string }[];
  failedGroups: { group: number; error: ErrorReport }[];
  requests: GuestRequest[];
  logs: string[];
  messages: GuestMessage[];
  /** How many arrays the messages came in. */
  posts: number;
}

/** Runs the model to its end. */
export async function runGuest(source: string, host: TestHost = {}): Promise<GuestRun> {
  const modules = await serve(source, host);
  const { port1, port2 } = new MessageChannel();
  // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
  const options = { type: "module", deno: { permissions: "none" } } as any;
  const worker = new Worker(new URL("../guest/port_entry_fixture.ts", import.meta.url), options);
  try {
    return await new Promise<GuestRun>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error("the guest did not end")),
        host.timeoutMs ?? 20_000,
      );
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`the worker died: ${event.message}`));
      };
      const conversation = new Conversation(port1, host, (run) => {
        clearTimeout(timer);
        resolve(run);
      });
      conversation.begin(startOf(modules, host));
      worker.postMessage({ port: port2 }, [port2]);
    });
  } finally {
    worker.terminate();
    port1.close();
  }
}

async function serve(source: string, host: TestHost): Promise<ServedModule[]> {
  if (host.ungated) return [{ path: "models/test.ts", code: source, imports: [] }];
  const importsOf = (text: string, from: string) => {
    const found: Record<string, string> = { spoor: "spoor" };
    for (const [, specifier = ""] of text.matchAll(/from\s+"(\.[^"]+)"/g)) {
      found[specifier] = new URL(specifier, `file:///${from}`).pathname.slice(1);
    }
    return found;
  };
  const all = { "models/test.ts": source, ...host.modules };
  return await serveModules(
    Object.entries(all).map(([path, text]) => ({
      path,
      source: text,
      imports: importsOf(text, path),
    })),
  );
}

function startOf(modules: ServedModule[], host: TestHost): GuestStart {
  return {
    model: "test.model",
    kind: host.kind ?? "table",
    modules,
    uniqueKey: host.uniqueKey ?? [],
    concurrency: host.concurrency ?? 1,
    timeoutMs: 30_000,
    retries: 5,
    env: host.env ?? {},
    allowedEnv: host.allowedEnv ?? Object.keys(host.env ?? {}),
    secrets: host.secrets ?? {},
  };
}

class Conversation {
  #run: GuestRun = {
    error: undefined,
    saved: [],
    acknowledged: [],
    rejected: [],
    failedGroups: [],
    requests: [],
    logs: [],
    messages: [],
    posts: 0,
  };
  #at = new Map<number, number>();
  #columns: string[];
  #queries = new Map<number, boolean>();
  #changes = new Map<number, ChangedRows>();
  /** The rows of each group, as the guest was given them. */
  #given = new Map<number, TestRow[]>();

  constructor(
    private readonly port: MessagePort,
    private readonly host: TestHost,
    private readonly onEnd: (run: GuestRun) => void,
  ) {
    this.#columns = Object.keys(host.rows?.[0] ?? {});
    port.onmessage = (event) => {
      this.#run.posts++;
      for (const message of event.data as GuestMessage[]) {
        this.#run.messages.push(message);
        if (!host.intercept?.(message, (reply) => this.#send(reply))) this.#receive(message);
      }
    };
  }

  begin(start: GuestStart): void {
    this.#send({ type: "start", start });
  }

  #send(message: HostMessage): void {
    this.port.postMessage([message]);
  }

  #receive(message: GuestMessage): void {
    const run = this.#run;
    switch (message.type) {
      case "query":
        this.#queries.set(message.id, message.all);
        if (message.changes) this.#changes.set(message.id, new ChangedRows(this.host));
        return this.#send({ type: "opened", id: message.id, columns: this.#columns });
      case "pull": {
        const pulled = this.#changes.get(message.query)?.pull(message.id, message.rows) ??
          this.#rowsFor(message);
        this.#noteGiven(pulled);
        return this.#send(pulled);
      }
      case "save":
        run.saved.push(...toRows(message.block));
        return this.#send({ type: "saved", id: message.id });
      case "acknowledge":
        run.acknowledged.push(...message.groups.map((group) => this.#acknowledged(group)));
        return this.#send({ type: "saved", id: message.id });
      case "reject":
        run.rejected.push({ groups: message.groups, reason: message.reason });
        return this.#send({ type: "saved", id: message.id });
      case "unfit":
        return;
      case "group_failed":
        return void run.failedGroups.push({ group: message.group, error: message.error });
      case "http":
        return void this.#respond(message.id, message.request);
      case "files":
        return this.#send({ type: "file_list", id: message.id, files: this.#entries() });
      case "read": {
        const bytes = toBytes(this.host.files?.[message.path] ?? "");
        const piece = bytes.slice(message.offset, message.offset + message.sizeBytes);
        return this.#send({ type: "bytes", id: message.id, bytes: piece });
      }
      case "log":
        return void run.logs.push(`${message.level}: ${message.message}`);
      case "finished":
        return this.onEnd(run);
      case "failed":
        run.error = message.error;
        return this.onEnd(run);
    }
  }

  #rowsFor(
    { id, query, rows }: { id: number; query: number; rows: number },
  ): Extract<HostMessage, { type: "rows" }> {
    const all = this.host.rows ?? [];
    const from = this.#at.get(query) ?? 0;
    const tracked = this.#queries.get(query) === false;
    let to = Math.min(from + rows, all.length);
    while (tracked && to < all.length && this.#keyAt(to) === this.#keyAt(to - 1)) to++;
    this.#at.set(query, to);
    const block = toBlock(all.slice(from, to), this.#columns);
    const groups = tracked ? { groups: this.#groupsBetween(from, to) } : {};
    return { type: "rows", id, block, ...groups, done: to >= all.length };
  }

  #groupsBetween(from: number, to: number): DeliveredGroup[] {
    const groups: DeliveredGroup[] = [];
    let number = 0;
    for (let i = 0; i < to; i++) {
      const isNew = i === 0 || this.#keyAt(i) !== this.#keyAt(i - 1);
      if (isNew) number++;
      if (i < from) continue;
      if (isNew) {
        groups.push({ group: number, rows: 0, batch: this.host.batches?.[number - 1] ?? 0 });
      }
      const last = groups.at(-1);
      if (last) last.rows++;
    }
    return groups;
  }

  #keyAt(index: number): string {
    return keyText(this.host.rows?.[index] ?? {}, this.host.uniqueKey ?? []);
  }

  #noteGiven({ block, groups = [] }: Extract<HostMessage, { type: "rows" }>): void {
    const rows = toRows(block);
    for (const { group, rows: count } of groups) this.#given.set(group, rows.splice(0, count));
  }

  #acknowledged({ group, block }: AcknowledgedGroup): { group: number; rows: TestRow[] } {
    return { group, rows: block ? toRows(block) : this.#given.get(group) ?? [] };
  }

  async #respond(id: number, request: GuestRequest): Promise<void> {
    this.#run.requests.push(request);
    const answer = await this.host.respond?.(request) ?? {};
    const response: EgressResponse = {
      ...(answer.error ? {} : { status: 200 }),
      url: request.url,
      headers: [],
      body: new Uint8Array(),
      attempts: 1,
      elapsedMs: 1,
      ...answer,
    };
    this.#send({ type: "response", id, response });
  }

  #entries(): FileEntry[] {
    return Object.entries(this.host.files ?? {}).map(([path, content]) => ({
      path,
      sizeBytes: toBytes(content).length,
      modified: "2024-05-06T07:08:09.000Z",
    }));
  }
}

/** The rows of a block as objects. */
function toRows({ columns, values }: RowBlock): TestRow[] {
  const rows: TestRow[] = [];
  for (let at = 0; at < values.length; at += columns.length) {
    rows.push(Object.fromEntries(columns.map((column, i) => [column, values[at + i]])));
  }
  return rows;
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
