/**
 * `spoor practice`: what the practice API has received.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { shellWord } from "~/base/text/shell_word.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { namedProjectOf, projectOf } from "~/cli/find_project.ts";
import { limitHelp, listLimit } from "~/cli/list_limit.ts";
import type { Output } from "~/cli/output/output.ts";
import { clearPractice } from "~/cli/practice_view/clear_practice.ts";
import {
  renderHosts,
  renderRecords,
  renderRequest,
  renderRequests,
} from "~/cli/practice_view/request_lines.ts";
import { PROGRAM } from "~/cli/program.ts";
import {
  type PracticeFilter,
  type PracticeReader,
  readPractice,
  type ReceivedRequest,
} from "~/practice/read_practice.ts";
import { stateOption } from "~/run/command_text.ts";
import { practiceFilePath } from "~/run/practice.ts";

/** Requests or records that are listed where no limit is given. */
const LISTED = 10;

const OPTIONS = {
  key: {
    type: "string",
    value: "TEXT",
    help: "Only what has this Idempotency-Key, id in its path, or value",
  },
  records: { type: "boolean", help: "What the API holds now, not the requests that led to it" },
  limit: { type: "string", short: "n", value: "N", help: limitHelp("How many to list", LISTED) },
  all: { type: "boolean", help: "List all" },
  clear: { type: "boolean", help: "Forget all practice, so that the next run begins anew" },
} as const satisfies OptionTable;

type Options = Call<typeof OPTIONS>["options"];

/** How a list is shown. */
type ListView = Pick<Options, "json" | "verbose"> & { limit: number };

/** Shows what was received: by host, path and key, with the requests. */
export const practiceCommand = defineCommand({
  name: "practice",
  summary: "Show what the practice API has received",
  details: [
    "In a practice run requests go to Spoor's practice API on this machine, which stands in for",
    "every host. This shows what it has received, newest first; with --verbose the requests, each whole.",
  ].join("\n"),
  positionals: [{
    name: "host[/path]",
    help: "Only what was sent there; a path's beginning will do",
  }],
  options: OPTIONS,
  examples: [
    ["spoor practice", "The hosts, and how much each has received"],
    ["spoor practice api.example.com", "The last requests to one host"],
    ["spoor practice api.example.com/contacts/7 --verbose", "Whole requests, with their bodies"],
    ["spoor practice --key ada@example.com", "Requests with this value"],
    ["spoor practice api.example.com --records", "What that API holds now"],
    ["spoor practice --clear", "Forget it all; the next practice run sends everything again"],
  ],
  run({ options, positionals: [where], output }) {
    const limit = listLimit(options, LISTED);
    const root = projectOf(options);
    if (options.clear) {
      if (where !== undefined || options.key !== undefined || options.records) throw clearsAll();
      const wasThere = clearPractice(root, new Date().toISOString());
      if (options.json) output.json("practice_cleared", { was_there: wasThere });
      else output.line(wasThere ? "All practice is forgotten." : "There was nothing to forget.");
      return ExitCode.Ok;
    }
    using practice = readPractice(practiceFilePath(root));
    const filter = toFilter(where, options.key);
    if (!practice) {
      const option = stateOption(true, namedProjectOf(options));
      if (!options.json) {
        output.line(`Nothing was received yet. Start with "spoor run${option}".`);
      }
    } else if (options.records) showRecords(practice, filter, { ...options, limit }, output);
    else if (where === undefined && options.key === undefined && !options.verbose) {
      showHosts(practice, options, output);
    } else showRequests(practice, filter, { ...options, limit }, output);
    return ExitCode.Ok;
  },
});

function clearsAll(): UserError {
  return new UserError(
    `Cannot run "spoor practice": --clear forgets all practice, not a part of it`,
    {
      hint: `Write "spoor practice --clear" alone`,
      exitCode: 2,
    },
  );
}

/** `https://host/path`, `host/path`, `host` or `/path`. */
function toFilter(where: string | undefined, key: string | undefined): PracticeFilter {
  const text = where?.replace(/^https?:\/\//, "") ?? "";
  const slash = text.indexOf("/");
  const host = slash === -1 ? text : text.slice(0, slash);
  const path = slash === -1 ? "" : text.slice(slash);
  return { host: host.toLowerCase() || undefined, path: path || undefined, key };
}

function showHosts(
  practice: PracticeReader,
  { json, project }: Pick<Options, "json" | "project">,
  output: Output,
): void {
  const hosts = practice.hosts();
  if (json) {
    for (const { lastAt, ...host } of hosts) {
      output.json("practice_host", { ...host, last_at: lastAt });
    }
    return;
  }
  output.lines(renderHosts(hosts, output.style));
  const [first] = hosts;
  if (!first) return;
  output.line();
  const option = stateOption(false, namedProjectOf({ project }));
  const command = `${PROGRAM} practice ${shellWord(first.host)}${option}`;
  output.line(`Nothing of this left the machine. "${command}" shows requests.`);
}

function showRequests(
  practice: PracticeReader,
  filter: PracticeFilter,
  { json, verbose, limit }: ListView,
  output: Output,
): void {
  const requests = practice.requests(filter, limit);
  if (json) {
    for (const request of requests) output.json("practice_request", toJson(request));
    return;
  }
  if (verbose) {
    for (const request of requests) output.lines([...renderRequest(request, output.style), ""]);
  } else output.lines(renderRequests(requests, output.style));
  printRest(requests.length, practice.countRequests(filter), "request", output);
}

function showRecords(
  practice: PracticeReader,
  filter: PracticeFilter,
  { json, limit }: ListView,
  output: Output,
): void {
  const records = practice.records(filter, limit);
  if (json) {
    for (const { createdAt, updatedAt, ...record } of records) {
      output.json("practice_record", { ...record, created_at: createdAt, updated_at: updatedAt });
    }
    return;
  }
  output.lines(renderRecords(records, output.style));
  printRest(records.length, practice.countRecords(filter), "record", output);
}

function printRest(shown: number, total: number, what: string, output: Output): void {
  const { dim } = output.style;
  if (shown < total) {
    const more = countOf(total - shown, `more ${what}`);
    output.line(dim(`… ${more} (--all shows them)`));
  } else output.line(dim(`${countOf(total, what)}; nothing of this left the machine`));
}

function toJson({ idempotencyKey, bodyBytes, body, ...request }: ReceivedRequest): object {
  return {
    ...request,
    idempotency_key: idempotencyKey,
    ...typeof body === "string" ? { body } : { body_base64: body.toBase64() },
    body_bytes: bodyBytes,
  };
}
