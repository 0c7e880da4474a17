/**
 * `spoor query`: rows of a table or of a SELECT, read-only.
 *
 * @module
 */
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { modelNamesAround } from "~/cli/completions/model_names.ts";
import { chooseState, openProjectState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import { expectOneFormat } from "~/cli/one_format.ts";
import { parseCount } from "~/cli/parse_count.ts";
import { prepareQuery } from "~/cli/query/prepare_query.ts";
import { type Format, FORMATS, writeRows } from "~/cli/query/write_rows.ts";

const OPTIONS = {
  format: {
    type: "string",
    value: "FORMAT",
    choices: FORMATS,
    help: "How rows are written (table if not given)",
  },
  limit: { type: "string", short: "n", value: "N", help: "Rows to print at most" },
  all: { type: "boolean", help: "Print all rows; a table shows 100 otherwise" },
  practice: PRACTICE_OPTION,
} as const satisfies OptionTable;

/** Prints rows. */
export const queryCommand = defineCommand({
  name: "query",
  summary: "Print the rows of a table or of a SELECT",
  details: [
    "Tables have the names of their models. What Spoor knows of runs, requests and groups is in",
    "tables too: spoor.changes (every group that is not accepted, and its state), spoor.runs,",
    "spoor.steps, spoor.models, spoor.ledger, spoor.deliveries, spoor.requests, and spoor.open_requests",
    "(writes that are out, or were when the last run died).",
    "The Idempotency-Key of a request about one change is there as long as its bodies are kept:",
    '"spoor why --help" says how long; "spoor why" tells it at any time.',
  ].join("\n"),
  positionals: [{
    name: "sql|table",
    help: "mart.customers, or a SELECT in quotes",
    required: true,
    complete: "tables",
  }],
  options: OPTIONS,
  examples: [
    ["spoor query mart.customers", "The rows of a table"],
    [`spoor query "SELECT plan, count(*) FROM mart.customers GROUP BY plan"`, "A SELECT"],
    ["spoor query mart.customers --format csv > customers.csv", "All rows, as CSV"],
    ["spoor query spoor.requests --practice", "The requests that practice runs have made"],
  ],
  async run({ options, positionals: [text = ""], output }) {
    const limit = limitOf(options);
    const chosen = await chooseState(options);
    using db = openProjectState(chosen, "run the query");
    const result = prepareQuery(db, text, modelNamesAround(chosen.root), chosen.option);
    const format = formatOf(options);
    writeRows(result, format, limit, output);
    return ExitCode.Ok;
  },
});

function formatOf({ format, json }: Call<typeof OPTIONS>["options"]): Format {
  expectOneFormat("query", format, json);
  return json ? "lines" : (format ?? "table") as Format;
}

function limitOf({ limit, all }: Call<typeof OPTIONS>["options"]): number | undefined {
  const asked = limit === undefined ? undefined : parseCount("limit", limit);
  return all ? Infinity : asked;
}
