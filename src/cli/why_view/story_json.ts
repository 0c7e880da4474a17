/**
 * One group's story for programs: a line of what it is now, then a line an entry, newest first.
 *
 * @module
 */
import type { Output } from "~/cli/output/output.ts";
import type { RequestRow } from "~/store/changes/group_story.ts";
import { readTries } from "~/store/changes/recorded_tries.ts";
import { readChange } from "~/tracked/compare/recorded_change.ts";
import { keyObject } from "~/tracked/group_key.ts";
import type { GroupStory, ToldRun, ToldTry } from "./load_story.ts";
import { readMessage } from "./recorded_message.ts";

/** Prints it. */
export function printStory(story: GroupStory, output: Output): void {
  const { model, group, ledger, since, idempotencyKey, next } = story;
  output.json("why", {
    model: model.name,
    key: keyObject(model.keyColumns, group.keyText),
    group_key: group.keyText,
    state: ledger?.state ?? (group.accepted ? "accepted" : "gone"),
    parked: ledger?.parked === 1,
    next,
    accepted_hash: group.accepted?.hash ?? null,
    ...ledger && {
      change_id: ledger.id,
      content_hash: ledger.content_hash,
      attempts: ledger.attempts,
      since,
      last_at: ledger.at,
      error: ledger.error,
      idempotency_key: idempotencyKey ?? null,
    },
    more: story.isCut,
  });
  for (const entry of story.entries) {
    if (entry.type === "run") output.json("why_run", toRun(entry));
    else output.json("why_try", toTry(entry));
  }
}

function toRun({ runId, firstRunId, runs, at, decision, detail, requests }: ToldRun): object {
  return {
    run_id: runId,
    first_run_id: firstRunId,
    runs,
    at,
    decision,
    detail,
    ...requests.length > 0 && { requests: requests.map(toRequest) },
  };
}

function toTry({ delivery, requests, hasMore, before }: ToldTry): object {
  const { group_key: _, changed: json, ...rest } = delivery;
  const change = readChange(json);
  return {
    ...rest,
    changed: change && "values" in change ? change.values : null,
    changed_rows: change && "rows" in change ? change.rows : null,
    requests: requests.map(toRequest),
    more_requests: hasMore,
    batches_before: before.map((each) => ({ ...each, requests: each.requests.map(toRequest) })),
  };
}

function toRequest({ request, response, ...rest }: RequestRow): object {
  return {
    ...rest,
    ...readTries(response),
    request: request === null ? null : readMessage(request),
    response: response === null ? null : readMessage(response),
  };
}
