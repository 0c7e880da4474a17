/**
 * A plan as Markdown, fit for the comment of a pull request: a table of models, details to unfold. Where there
 * is more than a comment takes, it is folded further, and says so.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import { comparedText, differInText } from "~/cli/output/adopted_text.ts";
import { visibleLine, visibleText } from "~/cli/output/visible_text.ts";
import type {
  PlanDocument,
  PlannedChange,
  PlannedModel,
  PlannedRequest,
} from "~/plan/plan_document.ts";
import { stateOption } from "~/run/command_text.ts";
import {
  ACTION_SIGNS,
  assumedText,
  differences,
  keyText,
  lastTryText,
  outcomeText,
  reasonTexts,
} from "./change_words.ts";
import { fitLines, fitParts } from "./fit_parts.ts";
import { errorDetails, foldChanges, moreText, SHOWN } from "./folded_groups.ts";
import {
  budgetsText,
  doubtsText,
  faultOf,
  groupsText,
  heldBackText,
  outdatedTexts,
  requestsText,
  rowsText,
  sentText,
  sharedLimitTexts,
  STATUS_WORDS,
  summaryText,
  unverifiedText,
} from "./plan_words.ts";

/** A comment of GitHub's takes 65,536 characters; what is written around a plan has room too. */
const MAX_DOCUMENT = 60_000;
/** Of these, what the table of models may take, and what is said of limits. */
const MAX_TABLE = 20_000;
const MAX_LIMITS = 5_000;
const MAX_BODY = 500;

/** How much of a model is shown. */
interface Fold {
  groups: number;
  requests: number;
  /** Longest text: of a value, an address, an error. */
  text: number;
}

const WHOLE: Fold = { groups: Infinity, requests: Infinity, text: Infinity };
const MAX_TEXT = 1_000;
/** From the fullest: requests go first, then groups. */
const FOLDS: readonly Fold[] = [
  ...[SHOWN, 6, 3, 2, 1].map((requests) => ({ groups: SHOWN, requests, text: MAX_TEXT })),
  ...[SHOWN, 8, 6, 4, 3, 2, 1].map((groups) => ({ groups, requests: 0, text: MAX_TEXT })),
  { groups: 0, requests: 0, text: 100 },
];

/**
 * The lines of a plan.
 *
 * @param all Nothing is folded, however long it gets.
 */
export function renderPlanMarkdown(plan: PlanDocument, all: boolean): string[] {
  const shown = plan.models.filter(({ status, warnings }) =>
    all || status !== "up_to_date" || warnings
  );
  const head = [
    ...renderHead(plan),
    ...renderLimits(plan, all),
    ...(plan.practice ? ["", "Practice: what a run sends stays on its machine."] : []),
    ...(shown.length > 0 ? ["", ...renderTable(shown, all)] : []),
  ];
  if (all) return [...head, ...shown.flatMap((model) => renderDetails(model, WHOLE))];
  const room = MAX_DOCUMENT - head.reduce((sum, line) => sum + line.length + 1, 0);
  const parts = shown.map((model) => FOLDS.map((fold) => () => renderDetails(model, fold)));
  const details = fitParts(parts, room);
  const missing = details.filter((lines) => lines === undefined).length;
  return [
    ...head,
    ...details.flatMap((lines = []) => lines),
    ...(missing > 0
      ? ["", `… details of ${countOf(missing, "more model")} (\`--all\` shows them)`]
      : []),
  ];
}

function renderHead(plan: PlanDocument): string[] {
  const isToDo = plan.summary.has_changes || plan.summary.failed > 0;
  // It is read where this project's folder may be another one.
  const option = stateOption(plan.practice, undefined);
  const held = heldBackText(plan.models.filter(({ groups }) => !isToDo || !groups), option);
  return [
    `### Spoor plan`,
    "",
    ...outdatedTexts(plan).flatMap((line) => [`**${line}**`, ""]),
    isToDo ? summaryText(plan) : `Nothing to do. ${sentText(plan.models)}`,
    ...held.flatMap((line) => ["", line]),
  ];
}

function renderLimits(plan: PlanDocument, all: boolean): string[] {
  const texts = sharedLimitTexts(plan);
  const lines = texts.map((text) => cell(text));
  const shown = all ? lines : fitLines(lines, MAX_LIMITS);
  const more = lines.length - shown.length;
  return [
    ...shown.flatMap((line) => ["", line]),
    ...(more > 0 ? ["", `… ${countOf(more, "more shared limit")} (\`--all\` shows them)`] : []),
  ];
}

function renderTable(models: readonly PlannedModel[], all: boolean): string[] {
  const cut = cutter(all ? Infinity : MAX_BODY);
  const rows = models.map((model) => {
    const { groups } = model;
    return `| ${
      [
        code(model.model),
        `${STATUS_WORDS[model.status]}: ${cell(cut(model.unknown ?? model.reason))}`,
        rowsText(model),
        groups
          ? cell([groupsText(groups), doubtsText(groups)].filter((text) => text).join("; "))
          : "",
        requestsText(model),
      ].join(" | ")
    } |`;
  });
  const shown = all ? rows : fitLines(rows, MAX_TABLE);
  const more = rows.length - shown.length;
  return [
    "| model | what | rows | groups | requests |",
    "| --- | --- | --- | --- | --- |",
    ...shown,
    ...(more > 0 ? ["", `… ${countOf(more, "more model")} (\`--all\` shows them)`] : []),
  ];
}

function renderDetails(model: PlannedModel, fold: Fold): string[] {
  const { requests, budgets, groups, assumes = [] } = model;
  const { shown, more } = foldChanges(model, fold.groups);
  const keys = new Set(shown.map(({ group }) => group));
  const own = requests.filter((request) =>
    request.groups.length === 0 || request.groups.some((group) => keys.has(group))
  );
  const listed = own.slice(0, fold.requests);
  const cut = cutter(fold.text);
  const lines = [
    ...renderFault(model, fold),
    ...(model.warnings ?? []).flatMap((text) => [`Warning: ${cell(cut(text))}`, ""]),
    ...(assumes.length > 0
      ? [`Holds if ${cut(assumes.map(code).join(", "))} is answered as assumed.`, ""]
      : []),
    ...renderColumnChanges(model, fold),
    ...renderComparison(model, fold),
    ...(model.unverified ? [cell(unverifiedText(model)), ""] : []),
    ...(budgets && groups
      ? [`Budgets: ${budgetsText(budgets, groups).replace(/@\w+/g, code)}`, ""]
      : []),
    ...reasonTexts(model, shown).flatMap((reason) => [cell(cut(reason)), ""]),
    ...(shown.length > 0 ? [...renderChanges(shown, model, fold), ""] : []),
    ...(more > 0 ? [moreText(more, "`--all`"), ""] : []),
    ...listed.flatMap((request) => renderRequest(request, fold)),
    ...(own.length > listed.length
      ? [`… ${countOf(own.length - listed.length, "more request")} (\`--all\` shows them)`, ""]
      : []),
  ];
  if (lines.length === 0) return [];
  const title = `<code>${html(model.model)}</code>: ${inert(html(headOf(model)))}`;
  return ["", `<details><summary>${title}</summary>`, "", ...lines, "</details>"];
}

function renderColumnChanges({ column_changes: changes }: PlannedModel, fold: Fold): string[] {
  return changes ? [`Columns: ${cell(cutter(fold.text)(changes.join(", ")))}`, ""] : [];
}

/** How the query compares with what the far side holds: by which columns, and what is worth a look. */
function renderComparison({ groups }: PlannedModel, fold: Fold): string[] {
  const { adopted } = groups ?? {};
  if (!adopted) return [];
  const cut = cutter(fold.text);
  const all = fold === WHOLE;
  const differ = differInText(adopted, all);
  const texts = [
    `Compared: ${comparedText(adopted, all)}`,
    ...(differ === "" ? [] : [`Differ: ${differ}`]),
    ...adopted.notes.map((note) => `Note: ${note}`),
  ];
  return texts.flatMap((text) => [cell(cut(text)), ""]);
}

function renderFault(model: PlannedModel, fold: Fold): string[] {
  const error = faultOf(model);
  if (!error) return [];
  const cut = cutter(fold.text);
  const told = fold.groups > 0 ? errorDetails(model, fold === WHOLE, "--all") : [];
  const details = told.map((line) => `- ${cell(cut(line))}`);
  return [
    `**${cell(cut(error.message))}**`,
    ...(details.length > 0 ? ["", ...details] : []),
    ...(error.hint ? ["", cell(cut(error.hint))] : []),
    "",
  ];
}

function cutter(maxLength: number): (text: string) => string {
  return (text) => shortenText(text, maxLength);
}

function headOf({ groups, status }: PlannedModel): string {
  return groups ? groupsText(groups) : STATUS_WORDS[status];
}

function renderChanges(
  changes: readonly PlannedChange[],
  model: PlannedModel,
  { text }: Fold,
): string[] {
  const cut = cutter(text);
  return [
    "| | group | differs |",
    "| --- | --- | --- |",
    ...changes.map((change) => {
      const isGone = change.action === "forget" || change.action === "keep";
      const differs = isGone
        ? ["gone; nothing is sent"]
        : [...differences(change), lastTryText(change), outcomeText(change, model)]
          .filter((text) => text !== "");
      return `| ${ACTION_SIGNS[change.action]} | ${cell(keyText(change))} | ${
        differs.map((each) => cell(cut(each))).join("<br>")
      } |`;
    }),
  ];
}

function renderRequest(request: PlannedRequest, fold: Fold): string[] {
  const { method, url, headers, body } = request;
  const cut = cutter(fold.text);
  const assumed = assumedText(request);
  const text = [
    `${method} ${cut(visibleLine(url))}${assumed === "" ? "" : `   ${assumed}`}`,
    ...headers.map(([name, value]) => `${name}: ${cut(visibleLine(value))}`),
    ...(body === null ? [] : ["", shortenText(visibleText(body), MAX_BODY)]),
  ].join("\n");
  // A fence longer than any inside it.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}http`, ...text.split("\n"), fence, ""];
}

function code(name: string): string {
  return `\`${name.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** Text that is neither Markdown nor HTML, on one line. */
function cell(text: string): string {
  return inert(html(visibleLine(text)).replace(/[\\`*_[\]|~]/g, "\\$&"));
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** In a comment `@name` would call people, and `#12` or an address would leave a note where it leads. */
function inert(text: string): string {
  return text.replace(/[@#!](?=\w)|\bGH-(?=\d)|\bhttps?:(?=\/\/)|\bwww(?=\.)/gi, "$&&#8203;");
}
