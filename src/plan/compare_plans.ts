/**
 * Tells what moved between a plan and the same plan made anew.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import { countOf } from "~/base/text/counts.ts";
import { requestsMoved } from "./compare_requests.ts";
import type { PlanDocument, PlannedModel, PlannedRequest } from "./plan_document.ts";
import { plannedKeyText } from "./planned_key.ts";

/** What moved, a line each; none: a run does what the plan says. */
export function findMoved(before: PlanDocument, now: PlanDocument): string[] {
  const old = new Map(before.models.map((model) => [model.model, model]));
  const lines: string[] = [];
  for (const model of now.models) {
    const planned = old.get(model.model);
    old.delete(model.model);
    const moved = planned
      ? [...versionMoved(before, now, model.model), ...modelMoved(planned, model)]
      : [`${model.model} is not in the plan`];
    for (const line of moved) lines.push(line); // There may be more than a call takes arguments.
  }
  for (const name of old.keys()) lines.push(`${name} is in the plan and no longer in the project`);
  return lines;
}

function versionMoved(before: PlanDocument, now: PlanDocument, model: string): string[] {
  const [was, is] = [before, now].map(({ based_on }) => based_on.data_versions[model] ?? 0);
  return was === is ? [] : [`${model} has changed its data by a run since the plan was made`];
}

function modelMoved(was: PlannedModel, is: PlannedModel): string[] {
  const name = is.model;
  const lines: string[] = [];
  if (was.fingerprint !== is.fingerprint) lines.push(`${name}: its definition was changed`);
  if (was.status !== is.status) {
    lines.push(`${name}: ${THEN[was.status]} then, ${NOW[is.status]} now`);
  }
  if (was.rows_after !== is.rows_after) {
    lines.push(`${name}: ${rows(was.rows_after)} then, ${rows(is.rows_after)} now`);
  } else if (was.changed !== is.changed || was.content !== is.content) {
    lines.push(`${name}: its rows are others now`);
  }
  return [...lines, ...groupsMoved(was, is)];
}

const THEN: Readonly<Record<PlannedModel["status"], string>> = {
  runs: "it was to run",
  up_to_date: "it was up to date",
  fails: "it was to fail",
  budget: "a budget blocked it",
  blocked: "it was blocked",
  unknown: "it could not be known",
};

const NOW: Readonly<Record<PlannedModel["status"], string>> = {
  runs: "it is to run",
  up_to_date: "it is up to date",
  fails: "it is to fail",
  budget: "a budget blocks it",
  blocked: "it is blocked",
  unknown: "it cannot be known",
};

function rows(count: number | null): string {
  return count === null ? "no count of rows" : countOf(count, "row");
}

function groupsMoved(was: PlannedModel, is: PlannedModel): string[] {
  const lines: string[] = [];
  const old = new Map(was.changes.map((change) => [change.group, change]));
  const [oldRequests, newRequests] = [requestsByGroup(was), requestsByGroup(is)];
  for (const change of is.changes) {
    const planned = old.get(change.group);
    old.delete(change.group);
    const what = `${is.model}: ${plannedKeyText(change)}`;
    if (!planned) lines.push(`${what} changes now, and did not then`);
    else if (planned.action !== change.action) {
      lines.push(`${what} was to ${planned.action}, and is to ${change.action} now`);
    } else if (planned.content_hash !== change.content_hash) {
      lines.push(`${what} holds something else now`);
    } else if (planned.outcome !== change.outcome) {
      lines.push(`${what} ended otherwise (${planned.outcome} then, ${change.outcome} now)`);
    } else {
      const moved = requestsMoved(oldRequests.get(change.group), newRequests.get(change.group));
      if (moved !== undefined) lines.push(`${what} ${moved}`);
    }
  }
  for (const change of old.values()) {
    lines.push(`${is.model}: ${plannedKeyText(change)} no longer changes`);
  }
  const moved = requestsMoved(oldRequests.get(""), newRequests.get(""));
  if (moved !== undefined) lines.push(`${is.model}: what belongs to no group ${moved}`);
  return lines;
}

/** Group → its requests; those of no group under "". */
function requestsByGroup({ requests }: PlannedModel): Map<string, PlannedRequest[]> {
  const lists = new Map<string, PlannedRequest[]>();
  for (const request of requests) {
    for (const group of request.groups.length === 0 ? [""] : request.groups) {
      const list = lists.get(group) ?? [];
      list.push(request);
      lists.set(group, list);
    }
  }
  return lists;
}
