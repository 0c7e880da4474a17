/**
 * A plan as Markdown, fit for the comment of a pull request: a table of models, details to unfold.
 *
 * @module
 */
import { countOf } from "~/base/counts.ts";
import { shortenText } from "~/base/cut_text.ts";
import { visibleLine, visibleText } from "~/cli/output/visible_text.ts";
import type {
  PlanDocument,
  PlannedChange,
  PlannedModel,
  PlannedRequest,
} from "~/plan/plan_document.ts";
import { errorDetails, foldChanges, moreText, SHOWN } from "./folded_groups.ts";
import {
  ACTION_SIGNS,
  ASSUMED,
  budgetsText,
  differences,
  doubtsText,
  faultOf,
  groupsText,
  heldBackText,
  keyText,
  outcomeText,
  outdatedTexts,
  reasonTexts,
  requestsText,
  rowsText,
  sentText,
  sharedLimitTexts,
  STATUS_WORDS,
  summaryText,
  unverifiedText,
} from "./plan_words.ts";

/** A comment of GitHub's takes 65,536 characters. */
const MAX_BODY = 500;

/** The lines of a plan. */
export function renderPlanMarkdown(plan: PlanDocument, all: boolean): string[] {
  const shown = plan.models.filter(({ status, warnings }) =>
    all || status !== "up_to_date" || warnings
  );
  const isToDo = plan.summary.has_changes || plan.summary.failed > 0;
  const held = heldBackText(plan, plan.models.filter(({ groups }) => !isToDo || !groups));
  return [
    `### Spoor plan`,
    "",
    ...outdatedTexts(plan).flatMap((line) => [`**${line}**`, ""]),
    isToDo ? summaryText(plan) : `Nothing to do. ${sentText(plan.models)}`,
    ...held.flatMap((line) => ["", line]),
    ...sharedLimitTexts(plan).flatMap((text) => ["", cell(text)]),
    ...(plan.practice ? ["", "Practice: what a run sends stays on its machine."] : []),
    ...(shown.length > 0 ? ["", ...renderTable(shown)] : []),
    ...shown.flatMap((model) => renderDetails(model, all)),
  ];
}

function renderTable(models: readonly PlannedModel[]): string[] {
  return [
    "| model | what | rows | groups | requests |",
    "| --- | --- | --- | --- | --- |",
    ...models.map((model) => {
      const { groups } = model;
      return `| ${
        [
          code(model.model),
          `${STATUS_WORDS[model.status]}: ${cell(model.unknown ?? model.reason)}`,
          rowsText(model),
          groups
            ? cell([groupsText(groups), doubtsText(groups)].filter((text) => text).join("; "))
            : "",
          requestsText(model),
        ].join(" | ")
      } |`;
    }),
  ];
}

function renderDetails(model: PlannedModel, all: boolean): string[] {
  const { requests, budgets, groups, assumes = [] } = model;
  const { shown, more } = foldChanges(model, all);
  const keys = new Set(shown.map(({ group }) => group));
  const own = requests.filter((request) =>
    request.groups.length === 0 || request.groups.some((group) => keys.has(group))
  );
  const listed = all ? own : own.slice(0, SHOWN);
  const lines = [
    ...renderFault(model, all),
    ...(model.warnings ?? []).flatMap((text) => [`Warning: ${cell(text)}`, ""]),
    ...(assumes.length > 0
      ? [`Holds if ${assumes.map(code).join(", ")} is answered as assumed.`, ""]
      : []),
    ...(model.unverified ? [cell(unverifiedText(model)), ""] : []),
    ...(budgets && groups
      ? [`Budgets: ${budgetsText(budgets, groups).replace(/@\w+/g, code)}`, ""]
      : []),
    ...reasonTexts(model, shown).flatMap((reason) => [cell(reason), ""]),
    ...(shown.length > 0 ? [...renderChanges(shown, model), ""] : []),
    ...(more > 0 ? [moreText(more, "`--all`"), ""] : []),
    ...listed.flatMap(renderRequest),
    ...(own.length > listed.length
      ? [`… ${countOf(own.length - listed.length, "more request")}`, ""]
      : []),
  ];
  if (lines.length === 0) return [];
  const title = `<code>${html(model.model)}</code>: ${inert(html(headOf(model)))}`;
  return ["", `<details><summary>${title}</summary>`, "", ...lines, "</details>"];
}

function renderFault(model: PlannedModel, all: boolean): string[] {
  const error = faultOf(model);
  if (!error) return [];
  const details = errorDetails(model, all, "--all").map((line) => `- ${cell(line)}`);
  return [
    `**${cell(error.message)}**`,
    ...(details.length > 0 ? ["", ...details] : []),
    ...(error.hint ? ["", cell(error.hint)] : []),
    "",
  ];
}

function headOf({ groups, status }: PlannedModel): string {
  return groups ? groupsText(groups) : STATUS_WORDS[status];
}

function renderChanges(changes: readonly PlannedChange[], model: PlannedModel): string[] {
  return [
    "| | group | differs |",
    "| --- | --- | --- |",
    ...changes.map((change) => {
      const isGone = change.action === "forget" || change.action === "keep";
      const differs = isGone
        ? ["gone; nothing is sent"]
        : [...differences(change), outcomeText(change, model)].filter((text) => text !== "");
      return `| ${ACTION_SIGNS[change.action]} | ${cell(keyText(change))} | ${
        differs.map(cell).join("<br>")
      } |`;
    }),
  ];
}

function renderRequest({ method, url, headers, body, assumed }: PlannedRequest): string[] {
  const text = [
    `${method} ${visibleLine(url)}${assumed ? `   ${ASSUMED}` : ""}`,
    ...headers.map(([name, value]) => `${name}: ${visibleLine(value)}`),
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
